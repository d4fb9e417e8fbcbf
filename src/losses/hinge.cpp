#include "carnyx/losses/hinge.h"

#include "carnyx/losses/targets.h"

#include "losses/pieces.h"

namespace carnyx {
namespace {

using ops::BinaryKind;
using ops::UnaryKind;

Value number(Value like, double value) {
  return ops::fill(*like.graph, Shape{1}, value, like.dtype());
}

/// 0 and 1 as -1 and 1, if every target of the step is one of them.
Value signs(Value target) {
  const Value zero = ops::binary(target, number(target, 0), BinaryKind::Equal);
  const Value one = ops::binary(target, number(target, 1), BinaryKind::Equal);
  const Value others = ops::sum_valid(pieces::complement(ops::add(zero, one)));
  const Value count = ops::convert(others, target.dtype());
  const Value is_binary = ops::binary(count, number(count, 0), BinaryKind::Equal);
  return ops::add(target, ops::multiply(is_binary, ops::shift(target, -1)));
}

/// max(1 - target output, 0).
Value shortfall(std::string_view loss, Value target, Value output) {
  const Value sign = signs(fitted_target(loss, target, output));
  return pieces::at_least(pieces::complement(ops::multiply(sign, output)), 0);
}

/// The largest over the last axis; its gradient is shared by equal ones, as TensorFlow's is.
Value largest(Value x) {
  const Value is_largest = ops::binary(x, ops::max_features(x), BinaryKind::Equal);
  return ops::divide(ops::sum_features(ops::multiply(x, is_largest)),
                     ops::sum_features(is_largest));
}

}  // namespace

Value Hinge::per_row(GraphBuilder&, Value target, Value output) const {
  return shortfall(class_name(), target, output);
}

Value SquaredHinge::per_row(GraphBuilder&, Value target, Value output) const {
  return ops::unary(shortfall(class_name(), target, output), UnaryKind::Square);
}

Value CategoricalHinge::per_row(GraphBuilder&, Value target, Value output) const {
  const Value t = one_hot_target(class_name(), target, output);
  const Value right = ops::sum_features(ops::multiply(t, output));
  const Value wrong = largest(ops::multiply(pieces::complement(t), output));
  return pieces::at_least(ops::shift(ops::subtract(wrong, right), 1), 0);
}

}  // namespace carnyx
