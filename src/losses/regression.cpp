#include "carnyx/losses/regression.h"

#include <numbers>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/losses/targets.h"

#include "losses/option_fields.h"
#include "losses/pieces.h"

namespace carnyx {
namespace {

using ops::BinaryKind;
using ops::UnaryKind;

Value error_of(std::string_view loss, Value target, Value output) {
  return ops::subtract(output, fitted_target(loss, target, output));
}

/// x / |x| along an axis. The square is kept from 0 before the root: a padded row has a gradient.
Value unit(Value x, std::int64_t axis) {
  const Value square = pieces::sum_over(ops::unary(x, UnaryKind::Square), axis);
  const Value kept = pieces::at_least(square, pieces::kEpsilon * pieces::kEpsilon);
  return ops::multiply(x, ops::unary(kept, UnaryKind::Rsqrt));
}

}  // namespace

Value MeanSquaredError::per_row(GraphBuilder&, Value target, Value output) const {
  return ops::unary(error_of(class_name(), target, output), UnaryKind::Square);
}

Value MeanAbsoluteError::per_row(GraphBuilder&, Value target, Value output) const {
  return ops::unary(error_of(class_name(), target, output), UnaryKind::Abs);
}

Value MeanAbsolutePercentageError::per_row(GraphBuilder&, Value target, Value output) const {
  const Value t = fitted_target(class_name(), target, output);
  const Value size = pieces::at_least(ops::unary(t, UnaryKind::Abs), pieces::kEpsilon);
  const Value share = ops::divide(ops::subtract(output, t), size);
  return ops::scale(ops::unary(share, UnaryKind::Abs), 100);
}

Value MeanSquaredLogarithmicError::per_row(GraphBuilder&, Value target, Value output) const {
  const auto log_of = [](Value x) {
    return ops::unary(pieces::at_least(x, pieces::kEpsilon), UnaryKind::Log1p);
  };
  const Value t = fitted_target(class_name(), target, output);
  return ops::unary(ops::subtract(log_of(output), log_of(t)), UnaryKind::Square);
}

Value LogCosh::per_row(GraphBuilder&, Value target, Value output) const {
  // x + softplus(-2x) - log 2, which overflows nowhere.
  const Value error = error_of(class_name(), target, output);
  const Value softplus = ops::unary(ops::scale(error, -2), UnaryKind::Softplus);
  return ops::shift(ops::add(error, softplus), -std::numbers::ln2);
}

Huber::Huber(HuberOptions options) : options_(options) {
  if (options.delta > 0) return;
  throw InvalidArgument(format("Huber: delta must be above 0, got {}", options.delta));
}

Json Huber::config() const {
  return loss_config("huber_loss", options_);
}

Value Huber::per_row(GraphBuilder&, Value target, Value output) const {
  const Value size = ops::unary(error_of(class_name(), target, output), UnaryKind::Abs);
  const Value limit = ops::fill(*size.graph, Shape{1}, options_.delta, size.dtype());
  const Value inside = ops::binary(size, limit, BinaryKind::Minimum);
  const Value parabola = ops::scale(ops::unary(inside, UnaryKind::Square), 0.5);
  const Value line = ops::scale(ops::subtract(size, inside), options_.delta);
  return ops::add(parabola, line);
}

Json CosineSimilarity::config() const {
  return loss_config("cosine_similarity", options_);
}

Value CosineSimilarity::per_row(GraphBuilder&, Value target, Value output) const {
  const Value t = fitted_target(class_name(), target, output);
  const std::int64_t axis = pieces::canonical_axis(class_name(), options_.axis, output.shape());
  const Value product = ops::multiply(unit(t, axis), unit(output, axis));
  return pieces::without_axis(ops::scale(pieces::sum_over(product, axis), -1), axis);
}

Value KLDivergence::per_row(GraphBuilder&, Value target, Value output) const {
  const Value given = fitted_target(class_name(), target, output);
  const Value t = ops::clip(given, pieces::kEpsilon, 1);
  const Value p = ops::clip(output, pieces::kEpsilon, 1);
  return ops::sum_features(ops::multiply(t, ops::unary(ops::divide(t, p), UnaryKind::Log)));
}

Value Poisson::per_row(GraphBuilder&, Value target, Value output) const {
  const Value t = fitted_target(class_name(), target, output);
  const Value log_output = ops::unary(ops::shift(output, pieces::kEpsilon), UnaryKind::Log);
  return ops::subtract(output, ops::multiply(t, log_output));
}

}  // namespace carnyx
