#include "carnyx/layers/core.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/image_ops.h"
#include "carnyx/graph/ops.h"

#include "layers/option_values.h"

namespace carnyx {
namespace {

Json json_of(const std::vector<std::optional<std::int64_t>>& axes) {
  if (axes.empty()) return {};
  Json json = Json::array();
  for (const auto& axis : axes) json.push_back(axis ? Json(*axis) : Json());
  return json;
}

Shape with_batch(std::int64_t batch, const std::vector<std::int64_t>& sample) {
  std::vector<std::int64_t> axes = {batch};
  axes.insert(axes.end(), sample.begin(), sample.end());
  return Shape(std::move(axes));
}

Shape noise_shape(const std::vector<std::optional<std::int64_t>>& wanted, const Shape& batch) {
  if (wanted.empty()) return batch;
  std::vector<std::int64_t> axes;
  bool fits = std::ssize(wanted) == batch.rank();
  for (std::size_t i = 0; fits && i < wanted.size(); ++i) {
    const std::int64_t extent = batch[static_cast<std::int64_t>(i)];
    axes.push_back(wanted[i].value_or(extent));
    fits = axes.back() == extent || axes.back() == 1;
  }
  if (fits) return Shape(std::move(axes));
  throw InvalidArgument(
      "Dropout: noise_shape must have null, 1 or the batch's extent for each of " +
      batch.to_string() + ", got " + json_of(wanted).dump());
}

}  // namespace

Input::Input(InputOptions options) : options_(std::move(options)) {
  for (const std::int64_t extent : options_.shape) {
    if (extent < 1) {
      throw InvalidArgument("Input: every axis of shape must be positive, got " +
                            Shape(options_.shape).to_string());
    }
  }
}

Json Input::config() const {
  Json shape = Json::array({Json()});
  for (const std::int64_t extent : options_.shape) shape.push_back(extent);
  return Json::object({{"batch_shape", shape}, {"dtype", "float32"}, {"sparse", false}});
}

Dense::Dense(DenseOptions options) : options_(std::move(options)) {
  if (options_.units < 1) {
    throw InvalidArgument(format("Dense: units must be at least 1, got {}", options_.units));
  }
}

Value Dense::build(GraphBuilder& builder, Value x) const {
  const std::int64_t in = x.shape().back();
  Value y = ops::matmul(x,
                        builder.weight("kernel",
                                       {in, options_.units},
                                       options_.kernel_initializer.pointer(),
                                       {.regularizer = pointer_of(options_.kernel_regularizer),
                                        .constraint = pointer_of(options_.kernel_constraint)}));
  if (options_.use_bias) {
    y = ops::add(y,
                 builder.weight("bias",
                                {options_.units},
                                options_.bias_initializer.pointer(),
                                {.regularizer = pointer_of(options_.bias_regularizer),
                                 .constraint = pointer_of(options_.bias_constraint)}));
  }
  y = activate(y, options_.activation);
  if (options_.activity_regularizer) builder.regularize(**options_.activity_regularizer, y);
  return y;
}

Json Dense::config() const {
  Json config = Json::object({{"units", options_.units},
                              {"activation", name_of(options_.activation)},
                              {"use_bias", options_.use_bias},
                              {"kernel_initializer", json_of(options_.kernel_initializer)},
                              {"bias_initializer", json_of(options_.bias_initializer)},
                              {"kernel_regularizer", json_or_null(options_.kernel_regularizer)},
                              {"bias_regularizer", json_or_null(options_.bias_regularizer)},
                              {"kernel_constraint", json_or_null(options_.kernel_constraint)},
                              {"bias_constraint", json_or_null(options_.bias_constraint)}});
  if (options_.activity_regularizer) {  // left out if there is none, as Keras does
    config.set("activity_regularizer", json_of(*options_.activity_regularizer));
  }
  return config;
}

std::optional<Shape> Dense::input_shape() const {
  return as_shape(options_.input_shape);
}

Json ActivationLayer::config() const {
  return Json::object({{"activation", name_of(options_.activation)}});
}

std::optional<Shape> ActivationLayer::input_shape() const {
  return as_shape(options_.input_shape);
}

Dropout::Dropout(DropoutOptions options) : options_(std::move(options)) {
  if (!(options_.rate >= 0 && options_.rate < 1)) {
    throw InvalidArgument(format("Dropout: rate must be in [0, 1), got {}", options_.rate));
  }
}

Value Dropout::build(GraphBuilder& builder, Value x) const {
  const std::uint32_t stream = seeded_stream(builder, options_.seed);
  const Shape noise = noise_shape(options_.noise_shape, x.shape());
  if (!builder.training()) return x;
  if (noise == x.shape()) return ops::dropout(x, options_.rate, stream);
  const Value kept = ops::dropout(ops::fill(builder.graph(), noise, 1), options_.rate, stream);
  return ops::multiply(x, kept);
}

Json Dropout::config() const {
  return Json::object({{"rate", options_.rate},
                       {"seed", options_.seed ? Json(*options_.seed) : Json()},
                       {"noise_shape", json_of(options_.noise_shape)}});
}

std::optional<Shape> Dropout::input_shape() const {
  return as_shape(options_.input_shape);
}

Value Flatten::build(GraphBuilder&, Value x) const {
  const std::int64_t batch = x.shape()[0];
  if (options_.data_format == ImageLayout::ChannelsFirst && x.shape().rank() > 2) {
    std::vector<std::int64_t> permutation = {0};
    for (std::int64_t axis = 2; axis < x.shape().rank(); ++axis) permutation.push_back(axis);
    permutation.push_back(1);
    x = ops::transpose(x, std::move(permutation));
  }
  return ops::reshape(x, {batch, batch == 0 ? 0 : x.shape().elements() / batch});
}

Json Flatten::config() const {
  return Json::object({{"data_format", name_of(options_.data_format)}});
}

std::optional<Shape> Flatten::input_shape() const {
  return as_shape(options_.input_shape);
}

Value Reshape::build(GraphBuilder&, Value x) const {
  const std::int64_t batch = x.shape()[0];
  const std::int64_t wanted = batch == 0 ? 0 : x.shape().elements() / batch;
  std::vector<std::int64_t> sample = options_.target_shape;
  std::int64_t known = 1;
  std::int64_t open = 0;
  for (const std::int64_t extent : sample) (extent == -1 ? open += 1 : known *= extent);
  for (std::int64_t& extent : sample) {
    if (extent == -1 && known > 0) extent = wanted / known;
  }
  if (open > 1 || Shape(sample).elements() != wanted) {
    throw InvalidArgument("Reshape: target_shape must have as many elements as a sample (" +
                          std::to_string(wanted) + ", of shape " + x.shape().to_string() +
                          ") and at most one -1, got " + Shape(options_.target_shape).to_string());
  }
  return ops::reshape(x, with_batch(batch, sample));
}

Json Reshape::config() const {
  return Json::object({{"target_shape", Json::array_of(options_.target_shape)}});
}

std::optional<Shape> Reshape::input_shape() const {
  return as_shape(options_.input_shape);
}

}  // namespace carnyx
