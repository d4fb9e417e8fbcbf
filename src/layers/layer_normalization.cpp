// Where the normalized axes are the last ones they are seen as one, and a kernel does it all. Other
// axes are summed over by ops, in float64.
#include "carnyx/layers/layer_normalization.h"

#include <algorithm>
#include <array>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

#include "layers/layer_config.h"
#include "layers/option_values.h"

namespace carnyx {
namespace {

/// The axes of a batch, positive and ascending.
std::vector<std::int64_t> positive(const std::vector<std::int64_t>& axes, const Shape& batch) {
  std::vector<std::int64_t> found;
  for (const std::int64_t axis : axes) {
    found.push_back(axis < 0 ? axis + batch.rank() : axis);
    if (found.back() >= 1 && found.back() < batch.rank()) continue;
    throw InvalidArgument(
        format("LayerNormalization: axis must name an axis of the samples, 1 to {} "
               "or negative, got {} for {}",
               batch.rank() - 1,
               axis,
               batch.to_string()));
  }
  std::ranges::sort(found);
  if (std::ranges::adjacent_find(found) != found.end()) {
    throw InvalidArgument("LayerNormalization: axis must name each axis once, got " +
                          Shape(axes).to_string() + " for " + batch.to_string());
  }
  return found;
}

bool are_last(const std::vector<std::int64_t>& axes, const Shape& batch) {
  return axes.front() == batch.rank() - static_cast<std::int64_t>(axes.size());
}

Value as_shape(Value x, const Shape& shape) {
  return x.shape() == shape ? x : ops::reshape(x, shape);
}

struct NormWeights {
  std::optional<Value> gamma;
  std::optional<Value> beta;

  [[nodiscard]] NormWeights shaped(const Shape& shape) const {
    const auto as = [&](const std::optional<Value>& weight) {
      return weight ? std::optional(as_shape(*weight, shape)) : std::nullopt;
    };
    return {.gamma = as(gamma), .beta = as(beta)};
  }
};

Value over_last_axes(
    Value x, std::size_t count, const NormWeights& weights, double epsilon, bool rms) {
  std::vector<std::int64_t> axes = x.shape().axes();
  std::int64_t features = 1;
  for (std::size_t i = 0; i < count; ++i, axes.pop_back()) features *= axes.back();
  axes.push_back(features);
  const NormWeights rows = weights.shaped(Shape{features});
  const Value y = ops::layer_norm(as_shape(x, Shape(axes)), rows.gamma, rows.beta, epsilon, rms);
  return as_shape(y, x.shape());
}

Value mean_over(Value x, const Shape& kept) {
  const auto count = static_cast<double>(x.shape().elements()) /
                     static_cast<double>(std::max<std::int64_t>(1, kept.elements()));
  return ops::scale(ops::sum_to(x, kept), 1 / std::max(count, 1.0));
}

/// Of rows that are padding, whose spread is 0: nothing beside any other, and finite to the power
/// of -3/2, which its gradient takes.
constexpr double kLeastVariance = 1e-150;

Value over_any_axes(Value x,
                    const std::vector<std::int64_t>& axes,
                    const NormWeights& weights,
                    double epsilon,
                    bool rms) {
  using Kind = ops::BinaryKind;
  std::vector<std::int64_t> kept = x.shape().axes();
  std::vector<std::int64_t> broadcast(kept.size(), 1);
  for (const std::int64_t axis : axes) {
    std::swap(kept[static_cast<std::size_t>(axis)], broadcast[static_cast<std::size_t>(axis)]);
  }
  const Value wide = ops::convert(x, DType::Float64);
  const Value centered = ops::subtract(wide, mean_over(wide, Shape(kept)));
  const Value variance = mean_over(ops::multiply(centered, centered), Shape(kept));
  const Value inverse =
      ops::unary(ops::shift(variance, std::max(epsilon, kLeastVariance)), ops::UnaryKind::Rsqrt);
  Value y = ops::convert(ops::multiply(rms ? wide : centered, inverse), x.dtype());
  const NormWeights shaped = weights.shaped(Shape(broadcast));
  if (shaped.gamma) y = ops::binary(y, *shaped.gamma, Kind::Multiply, Precision::Wide);
  if (shaped.beta) y = ops::binary(y, *shaped.beta, Kind::Add, Precision::Wide);
  return y;
}

}  // namespace

LayerNormalization::LayerNormalization(LayerNormalizationOptions options)
    : options_(std::move(options)) {
  if (!(options_.epsilon >= 0)) {
    throw InvalidArgument(
        format("LayerNormalization: epsilon must be at least 0, got {}", options_.epsilon));
  }
  if (options_.axis.empty()) {
    throw InvalidArgument("LayerNormalization: axis must name at least one axis, got none");
  }
}

Value LayerNormalization::build(GraphBuilder& builder, Value x) const {
  const std::vector<std::int64_t> axes = positive(options_.axis, x.shape());
  std::vector<std::int64_t> named = options_.axis;  // in the order that Keras sorts them in
  std::ranges::sort(named);
  std::vector<std::int64_t> extents;
  for (const std::int64_t axis : named) extents.push_back(x.shape()[axis]);
  NormWeights weights;
  if (options_.scale || options_.rms_scaling) {
    weights.gamma = builder.weight("gamma",
                                   Shape(extents),
                                   options_.gamma_initializer.pointer(),
                                   {.regularizer = pointer_of(options_.gamma_regularizer),
                                    .constraint = pointer_of(options_.gamma_constraint)});
  }
  if (options_.center && !options_.rms_scaling) {
    weights.beta = builder.weight("beta",
                                  Shape(extents),
                                  options_.beta_initializer.pointer(),
                                  {.regularizer = pointer_of(options_.beta_regularizer),
                                   .constraint = pointer_of(options_.beta_constraint)});
  }
  return are_last(axes, x.shape())
             ? over_last_axes(x, axes.size(), weights, options_.epsilon, options_.rms_scaling)
             : over_any_axes(x, axes, weights, options_.epsilon, options_.rms_scaling);
}

Json LayerNormalization::config() const {
  return Json::object({{"axis", Json::array_of(options_.axis)},
                       {"epsilon", options_.epsilon},
                       {"center", options_.center},
                       {"scale", options_.scale},
                       {"rms_scaling", options_.rms_scaling},
                       {"beta_initializer", json_of(options_.beta_initializer)},
                       {"gamma_initializer", json_of(options_.gamma_initializer)},
                       {"beta_regularizer", json_or_null(options_.beta_regularizer)},
                       {"gamma_regularizer", json_or_null(options_.gamma_regularizer)},
                       {"beta_constraint", json_or_null(options_.beta_constraint)},
                       {"gamma_constraint", json_or_null(options_.gamma_constraint)}});
}

std::optional<Shape> LayerNormalization::input_shape() const {
  return carnyx::as_shape(options_.input_shape);
}

AnyLayer layer_normalization_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 11> kKeys = {"axis",
                                                      "epsilon",
                                                      "center",
                                                      "scale",
                                                      "rms_scaling",
                                                      "beta_initializer",
                                                      "gamma_initializer",
                                                      "beta_regularizer",
                                                      "gamma_regularizer",
                                                      "beta_constraint",
                                                      "gamma_constraint"};
  config.allow(kKeys);
  LayerNormalizationOptions options{.axis = config.axes("axis", {-1}),
                                    .epsilon = config.number("epsilon", 1e-3),
                                    .center = config.boolean("center", true),
                                    .scale = config.boolean("scale", true),
                                    .rms_scaling = config.boolean("rms_scaling", false),
                                    .beta_regularizer = config.regularizer("beta_regularizer"),
                                    .gamma_regularizer = config.regularizer("gamma_regularizer"),
                                    .beta_constraint = config.constraint("beta_constraint"),
                                    .gamma_constraint = config.constraint("gamma_constraint"),
                                    .input_shape = config.input_shape(),
                                    .name = config.name()};
  if (const Json* beta = config.find("beta_initializer"))
    read_json(*beta, options.beta_initializer);
  if (const Json* gamma = config.find("gamma_initializer")) {
    read_json(*gamma, options.gamma_initializer);
  }
  return LayerNormalization(std::move(options));
}

}  // namespace carnyx
