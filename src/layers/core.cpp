#include "carnyx/layers/core.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

#include "layers/option_values.h"

namespace carnyx {
namespace {

Shape with_batch(std::int64_t batch, const std::vector<std::int64_t>& sample) {
  std::vector<std::int64_t> axes = {batch};
  axes.insert(axes.end(), sample.begin(), sample.end());
  return Shape(std::move(axes));
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
  return builder.training() ? ops::dropout(x, options_.rate, stream) : x;
}

Json Dropout::config() const {
  return Json::object({{"rate", options_.rate},
                       {"seed", options_.seed ? Json(*options_.seed) : Json()},
                       {"noise_shape", Json()}});
}

std::optional<Shape> Dropout::input_shape() const {
  return as_shape(options_.input_shape);
}

Value Flatten::build(GraphBuilder&, Value x) const {
  const std::int64_t batch = x.shape()[0];
  return ops::reshape(x, {batch, batch == 0 ? 0 : x.shape().elements() / batch});
}

Json Flatten::config() const {
  return Json::object({{"data_format", "channels_last"}});
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
