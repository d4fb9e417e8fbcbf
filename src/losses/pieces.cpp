#include "losses/pieces.h"

#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx::pieces {

using ops::BinaryKind;
using ops::UnaryKind;

void require_smoothing(std::string_view loss, double label_smoothing) {
  if (label_smoothing >= 0 && label_smoothing <= 1) return;
  throw InvalidArgument(
      format("{}: label_smoothing must be in [0, 1], got {}", loss, label_smoothing));
}

Value smoothed(Value target, double smoothing, double shares) {
  return smoothing > 0 ? ops::shift(ops::scale(target, 1 - smoothing), smoothing / shares) : target;
}

Value complement(Value x) {
  return ops::shift(ops::scale(x, -1), 1);
}

Value at_least(Value x, double low) {
  return ops::binary(x, ops::fill(*x.graph, Shape{1}, low, x.dtype()), BinaryKind::Maximum);
}

Value one_in_padding(Value x) {
  const Value ones = ops::fill(*x.graph, x.shape(), 1, x.dtype());
  return ops::add(ops::row_mask(x), complement(ops::row_mask(ones)));
}

std::int64_t canonical_axis(std::string_view loss, std::int64_t axis, const Shape& shape) {
  const std::int64_t from_front = axis < 0 ? axis + shape.rank() : axis;
  if (from_front >= 0 && from_front < shape.rank()) return from_front;
  throw InvalidArgument(format(
      "{}: axis {} must be one of the {} of {}", loss, axis, shape.rank(), shape.to_string()));
}

Value sum_over(Value x, std::int64_t axis) {
  std::vector<std::int64_t> axes = x.shape().axes();
  axes[static_cast<std::size_t>(axis)] = 1;
  return ops::sum_to(x, Shape(std::move(axes)));
}

Value without_axis(Value x, std::int64_t axis) {
  std::vector<std::int64_t> axes = x.shape().axes();
  axes.erase(axes.begin() + axis);
  return ops::reshape(x, Shape(std::move(axes)));
}

Value bounded_probabilities(Value probabilities, std::int64_t axis) {
  const Value sum = sum_over(probabilities, axis);
  // A row of zeros, as padding may be, is divided by 1: 0 / 0 would reach every gradient.
  const Value zero = ops::fill(*sum.graph, Shape{1}, 0, sum.dtype());
  const Value divisor = ops::add(sum, ops::binary(sum, zero, BinaryKind::Equal));
  return ops::clip(ops::divide(probabilities, divisor), kEpsilon, 1 - kEpsilon);
}

Value log_softmax(Value logits) {
  const Value moved = ops::subtract(logits, ops::max_features(logits));
  const Value sum = ops::sum_features(ops::unary(moved, UnaryKind::Exp));
  return ops::subtract(moved, ops::unary(sum, UnaryKind::Log));
}

Value binary_crossentropy(Value target, Value probabilities) {
  const Value p = ops::clip(probabilities, kEpsilon, 1 - kEpsilon);
  const Value yes = ops::multiply(target, ops::unary(p, UnaryKind::Log));
  const Value no = ops::multiply(complement(target), ops::unary(complement(p), UnaryKind::Log));
  return ops::scale(ops::add(yes, no), -1);
}

Value binary_crossentropy_of_logits(Value target, Value logits) {
  const Value softplus = ops::unary(logits, UnaryKind::Softplus);
  return ops::subtract(softplus, ops::multiply(target, logits));
}

}  // namespace carnyx::pieces
