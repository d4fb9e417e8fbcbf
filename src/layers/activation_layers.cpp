#include "carnyx/layers/activation_layers.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/image_ops.h"
#include "carnyx/graph/ops.h"

#include "layers/config_fields.h"
#include "layers/option_values.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, ReLUOptions& o) {
  visit("max_value", o.max_value);
  visit("negative_slope", o.negative_slope);
  visit("threshold", o.threshold);
}

template <class V>
void visit_fields(V& visit, LeakyReLUOptions& o) {
  visit("negative_slope", o.negative_slope);
}

template <class V>
void visit_fields(V& visit, ELUOptions& o) {
  visit("alpha", o.alpha);
}

template <class V>
void visit_fields(V& visit, PReLUOptions& o) {
  visit("alpha_initializer", o.alpha_initializer);
  visit("alpha_regularizer", o.alpha_regularizer);
  visit("alpha_constraint", o.alpha_constraint);
  visit("shared_axes", o.shared_axes);
}

template <class V>
void visit_fields(V& visit, SoftmaxOptions& o) {
  visit("axis", o.axis);
}

namespace {

void require_not_negative(std::string_view layer, std::string_view option, double value) {
  if (std::isfinite(value) && value >= 0) return;
  throw InvalidArgument(format("{}: {} must be at least 0, got {}", layer, option, value));
}

Value relu(Value x) {
  return ops::unary(x, ops::UnaryKind::Relu);
}

/// Positive, each once.
std::vector<std::int64_t> softmax_axes(const std::vector<std::int64_t>& axes, const Shape& batch) {
  std::vector<std::int64_t> found;
  for (const std::int64_t axis : axes) {
    found.push_back(axis < 0 ? axis + batch.rank() : axis);
    const bool once = std::ranges::count(found, found.back()) == 1;
    if (once && found.back() >= 1 && found.back() < batch.rank()) continue;
    throw InvalidArgument(
        format("Softmax: axis must name axes of the samples once, 1 to {} or negative, got {} for "
               "{}",
               batch.rank() - 1,
               Shape(axes).to_string(),
               batch.to_string()));
  }
  return found;
}

/// The axes with `last` behind all others.
std::vector<std::int64_t> with_last(std::int64_t rank, const std::vector<std::int64_t>& last) {
  std::vector<std::int64_t> order;
  for (std::int64_t axis = 0; axis < rank; ++axis) {
    if (std::ranges::find(last, axis) == last.end()) order.push_back(axis);
  }
  order.insert(order.end(), last.begin(), last.end());
  return order;
}

std::vector<std::int64_t> inverse_of(const std::vector<std::int64_t>& permutation) {
  std::vector<std::int64_t> inverse(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    inverse[static_cast<std::size_t>(permutation[i])] = static_cast<std::int64_t>(i);
  }
  return inverse;
}

}  // namespace

ReLU::ReLU(ReLUOptions options) : options_(std::move(options)) {
  require_not_negative(class_name(), "negative_slope", options_.negative_slope);
  require_not_negative(class_name(), "threshold", options_.threshold);
  if (options_.max_value) require_not_negative(class_name(), "max_value", *options_.max_value);
}

/// As Keras puts it together: what is under the threshold is 0, and takes its slope afterwards.
Value ReLU::build(GraphBuilder&, Value x) const {
  const auto& [max_value, slope, threshold, shape, name] = options_;
  if (slope != 0 && !max_value && threshold == 0) {
    return ops::unary(x, ops::UnaryKind::LeakyRelu, slope);
  }
  if (slope == 0 && max_value == 6.0 && threshold == 0) {
    return ops::unary(x, ops::UnaryKind::Relu6);
  }
  Value y = threshold == 0 ? relu(x) : ops::gate(x, ops::shift(x, -threshold));
  if (max_value) y = ops::clip(y, 0, *max_value);
  if (slope == 0) return y;
  return ops::subtract(y, ops::scale(relu(ops::shift(ops::scale(x, -1), threshold)), slope));
}

Json ReLU::config() const {
  return config_of(options_);
}

std::optional<Shape> ReLU::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer relu_from(const LayerConfig& config) {
  return ReLU(options_from<ReLUOptions>(config));
}

LeakyReLU::LeakyReLU(LeakyReLUOptions options) : options_(std::move(options)) {
  require_not_negative(class_name(), "negative_slope", options_.negative_slope);
}

Value LeakyReLU::build(GraphBuilder&, Value x) const {
  return ops::unary(x, ops::UnaryKind::LeakyRelu, options_.negative_slope);
}

Json LeakyReLU::config() const {
  return config_of(options_);
}

std::optional<Shape> LeakyReLU::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer leaky_relu_from(const LayerConfig& config) {
  auto options = options_from<LeakyReLUOptions>(config, {"alpha"});
  options.negative_slope = config.number("alpha", options.negative_slope);
  return LeakyReLU(std::move(options));
}

ELU::ELU(ELUOptions options) : options_(std::move(options)) {
  if (std::isfinite(options_.alpha) && options_.alpha >= 0) return;
  throw InvalidArgument(format("ELU: alpha must be at least 0, got {}", options_.alpha));
}

Value ELU::build(GraphBuilder&, Value x) const {
  return ops::unary(x, ops::UnaryKind::Elu, options_.alpha);
}

Json ELU::config() const {
  return config_of(options_);
}

std::optional<Shape> ELU::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer elu_from(const LayerConfig& config) {
  return ELU(options_from<ELUOptions>(config));
}

Value PReLU::build(GraphBuilder& builder, Value x) const {
  std::vector<std::int64_t> extents(x.shape().begin() + 1, x.shape().end());
  for (const std::int64_t axis : options_.shared_axes) {
    if (axis < 1 || axis > std::ssize(extents)) {
      throw InvalidArgument(
          format("PReLU: shared_axes must name axes of the samples, 1 to {}, got {}",
                 extents.size(),
                 Shape(options_.shared_axes).to_string()));
    }
    extents[static_cast<std::size_t>(axis - 1)] = 1;
  }
  const Value alpha = builder.weight("alpha",
                                     Shape(std::move(extents)),
                                     options_.alpha_initializer.pointer(),
                                     {.regularizer = pointer_of(options_.alpha_regularizer),
                                      .constraint = pointer_of(options_.alpha_constraint)});
  const Value negative = ops::multiply(relu(ops::scale(x, -1)), alpha);
  return ops::subtract(relu(x), negative);
}

/// None is null, as Keras has it.
Json PReLU::config() const {
  Json config = config_of(options_);
  if (options_.shared_axes.empty()) config.set("shared_axes", Json());
  return config;
}

std::optional<Shape> PReLU::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer prelu_from(const LayerConfig& config) {
  return PReLU(options_from<PReLUOptions>(config));
}

Softmax::Softmax(SoftmaxOptions options) : options_(std::move(options)) {
  if (!options_.axis.empty()) return;
  throw InvalidArgument("Softmax: axis must name at least one axis, got none");
}

Value Softmax::build(GraphBuilder&, Value x) const {
  const Shape batch = x.shape();
  const std::vector<std::int64_t> axes = softmax_axes(options_.axis, batch);
  if (axes.size() == 1 && axes[0] == batch.rank() - 1) return ops::softmax(x);
  const std::vector<std::int64_t> order = with_last(batch.rank(), axes);
  const Value turned = ops::transpose(x, order);
  const Shape shape = turned.shape();
  std::vector<std::int64_t> rows(shape.begin(), shape.end() - std::ssize(axes));
  std::int64_t joined = 1;
  for (const std::int64_t axis : axes) joined *= batch[axis];
  rows.push_back(joined);
  const Value y = ops::softmax(ops::reshape(turned, Shape(std::move(rows))));
  return ops::transpose(ops::reshape(y, shape), inverse_of(order));
}

/// One axis is a number, as Keras has it.
Json Softmax::config() const {
  Json config = config_of(options_);
  if (options_.axis.size() == 1) config.set("axis", options_.axis[0]);
  return config;
}

std::optional<Shape> Softmax::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer softmax_from(const LayerConfig& config) {
  return Softmax(options_from<SoftmaxOptions>(config));
}

}  // namespace carnyx
