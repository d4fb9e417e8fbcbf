// In training an op does it all, over every axis but the last; another axis is brought there and
// back. With moving statistics it is elementwise: x less a row, times a row, plus a row.
#include "carnyx/layers/batch_normalization.h"

#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/image_ops.h"
#include "carnyx/graph/ops.h"

#include "layers/config_fields.h"
#include "layers/option_values.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, BatchNormalizationOptions& o) {
  visit("axis", o.axis);
  visit("momentum", o.momentum);
  visit("epsilon", o.epsilon);
  visit("center", o.center);
  visit("scale", o.scale);
  visit("beta_initializer", o.beta_initializer);
  visit("gamma_initializer", o.gamma_initializer);
  visit("moving_mean_initializer", o.moving_mean_initializer);
  visit("moving_variance_initializer", o.moving_variance_initializer);
  visit("beta_regularizer", o.beta_regularizer);
  visit("gamma_regularizer", o.gamma_regularizer);
  visit("beta_constraint", o.beta_constraint);
  visit("gamma_constraint", o.gamma_constraint);
  visit("synchronized", o.synchronized);
}

namespace {

std::int64_t positive(std::int64_t axis, const Shape& batch) {
  const std::int64_t found = axis < 0 ? axis + batch.rank() : axis;
  if (found >= 1 && found < batch.rank()) return found;
  throw InvalidArgument(
      format("BatchNormalization: axis must name an axis of the samples, 1 to {} or negative, got "
             "{} for {}",
             batch.rank() - 1,
             axis,
             batch.to_string()));
}

/// Changes places with the last axis; twice, nothing has happened.
Value with_last(Value x, std::int64_t axis) {
  const std::int64_t rank = x.shape().rank();
  if (axis == rank - 1) return x;
  std::vector<std::int64_t> permutation;
  for (std::int64_t i = 0; i < rank; ++i) permutation.push_back(i);
  std::swap(permutation[static_cast<std::size_t>(axis)], permutation.back());
  return ops::transpose(x, permutation);
}

struct Weights {
  std::optional<Value> gamma;
  std::optional<Value> beta;
  Value mean;
  Value variance;
};

Value by_moving_statistics(Value x, const Weights& weights, double epsilon) {
  using Kind = ops::BinaryKind;
  Value factor = ops::unary(ops::shift(weights.variance, epsilon), ops::UnaryKind::Rsqrt);
  if (weights.gamma) factor = ops::multiply(factor, *weights.gamma);
  Value y = ops::binary(x, weights.mean, Kind::Subtract, Precision::Wide);
  y = ops::binary(y, factor, Kind::Multiply, Precision::Wide);
  return weights.beta ? ops::binary(y, *weights.beta, Kind::Add, Precision::Wide) : y;
}

void move(GraphBuilder& builder, Value statistic, Value of_batch, double momentum) {
  const Value kept = ops::scale(builder.latest(statistic), momentum);
  builder.assign(statistic, ops::add(kept, ops::scale(of_batch, 1 - momentum)));
}

Weights declared(GraphBuilder& builder,
                 const BatchNormalizationOptions& options,
                 std::int64_t features) {
  std::optional<Value> gamma;
  std::optional<Value> beta;
  if (options.scale) {
    gamma = builder.weight("gamma",
                           {features},
                           options.gamma_initializer.pointer(),
                           {.regularizer = pointer_of(options.gamma_regularizer),
                            .constraint = pointer_of(options.gamma_constraint)});
  }
  if (options.center) {
    beta = builder.weight("beta",
                          {features},
                          options.beta_initializer.pointer(),
                          {.regularizer = pointer_of(options.beta_regularizer),
                           .constraint = pointer_of(options.beta_constraint)});
  }
  const Value mean =
      builder.statistic("moving_mean", {features}, options.moving_mean_initializer.pointer());
  const Value variance = builder.statistic(
      "moving_variance", {features}, options.moving_variance_initializer.pointer());
  return {.gamma = gamma, .beta = beta, .mean = mean, .variance = variance};
}

}  // namespace

BatchNormalization::BatchNormalization(BatchNormalizationOptions options)
    : options_(std::move(options)) {
  if (!(options_.epsilon >= 0)) {
    throw InvalidArgument(
        format("BatchNormalization: epsilon must be at least 0, got {}", options_.epsilon));
  }
  if (!(options_.momentum >= 0 && options_.momentum <= 1)) {
    throw InvalidArgument(
        format("BatchNormalization: momentum must be in [0, 1], got {}", options_.momentum));
  }
}

Value BatchNormalization::build(GraphBuilder& builder, Value x) const {
  const std::int64_t axis = positive(options_.axis, x.shape());
  const Value features_last = with_last(x, axis);
  const Weights weights = declared(builder, options_, features_last.shape().back());
  if (!builder.training() || builder.frozen()) {
    return with_last(by_moving_statistics(features_last, weights, options_.epsilon), axis);
  }
  const ops::BatchNorm norm =
      ops::batch_norm(features_last, weights.gamma, weights.beta, options_.epsilon);
  move(builder, weights.mean, norm.mean, options_.momentum);
  move(builder, weights.variance, norm.variance, options_.momentum);
  return with_last(norm.y, axis);
}

Json BatchNormalization::config() const {
  return config_of(options_);
}

std::optional<Shape> BatchNormalization::input_shape() const {
  return as_shape(options_.input_shape);
}

/// Keras 2 writes the axis as a list of one; batch renormalization is refused.
AnyLayer batch_normalization_from(const LayerConfig& config) {
  if (config.boolean("renorm", false)) config.require_null("renorm");
  return BatchNormalization(options_from<BatchNormalizationOptions>(
      config, {"renorm", "renorm_clipping", "renorm_momentum"}));
}

}  // namespace carnyx
