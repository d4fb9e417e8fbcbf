#include "carnyx/layers/pooling.h"

#include <string_view>
#include <utility>

#include "carnyx/graph/ops.h"

#include "layers/config_fields.h"
#include "layers/images.h"
#include "layers/option_values.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, Pooling2DOptions& o) {
  visit("pool_size", o.pool_size);
  visit("padding", o.padding);
  visit("strides", o.strides);
  visit("data_format", o.data_format);
}

template <class V>
void visit_fields(V& visit, GlobalPooling2DOptions& o) {
  visit("data_format", o.data_format);
  visit("keepdims", o.keepdims);
}

namespace {

/// With strides, which a config always has.
Pooling2DOptions checked(std::string_view layer, Pooling2DOptions options) {
  if (!options.strides) options.strides = options.pool_size;
  check_option(layer, "pool_size", options.pool_size);
  check_option(layer, "strides", *options.strides);
  return options;
}

using Pool = Value(Value x, const ops::Window& window);

Value pooled(Pool* pool, std::string_view layer, Value x, const Pooling2DOptions& options) {
  const Value image = channels_last(layer, x, options.data_format);
  const ops::Window window =
      padded({.size = options.pool_size, .stride = *options.strides}, options.padding, image);
  return in_layout(pool(image, window), options.data_format);
}

Value pooled_all(Pool* pool,
                 std::string_view layer,
                 Value x,
                 const GlobalPooling2DOptions& options) {
  const Value image = channels_last(layer, x, options.data_format);
  const Shape shape = image.shape();
  const Value y = pool(image, {.size = {shape[1], shape[2]}});
  return options.keepdims ? in_layout(y, options.data_format)
                          : ops::reshape(y, {shape[0], shape[3]});
}

}  // namespace

MaxPooling2D::MaxPooling2D(Pooling2DOptions options)
    : options_(checked(class_name(), std::move(options))) {}

Value MaxPooling2D::build(GraphBuilder&, Value x) const {
  return pooled(ops::max_pool2d, class_name(), x, options_);
}

Json MaxPooling2D::config() const {
  return config_of(options_);
}

std::optional<Shape> MaxPooling2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer max_pooling2d_from(const LayerConfig& config) {
  return MaxPooling2D(options_from<Pooling2DOptions>(config));
}

AveragePooling2D::AveragePooling2D(Pooling2DOptions options)
    : options_(checked(class_name(), std::move(options))) {}

Value AveragePooling2D::build(GraphBuilder&, Value x) const {
  return pooled(ops::average_pool2d, class_name(), x, options_);
}

Json AveragePooling2D::config() const {
  return config_of(options_);
}

std::optional<Shape> AveragePooling2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer average_pooling2d_from(const LayerConfig& config) {
  return AveragePooling2D(options_from<Pooling2DOptions>(config));
}

Value GlobalMaxPooling2D::build(GraphBuilder&, Value x) const {
  return pooled_all(ops::max_pool2d, class_name(), x, options_);
}

Json GlobalMaxPooling2D::config() const {
  return config_of(options_);
}

std::optional<Shape> GlobalMaxPooling2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer global_max_pooling2d_from(const LayerConfig& config) {
  return GlobalMaxPooling2D(options_from<GlobalPooling2DOptions>(config));
}

Value GlobalAveragePooling2D::build(GraphBuilder&, Value x) const {
  return pooled_all(ops::average_pool2d, class_name(), x, options_);
}

Json GlobalAveragePooling2D::config() const {
  return config_of(options_);
}

std::optional<Shape> GlobalAveragePooling2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer global_average_pooling2d_from(const LayerConfig& config) {
  return GlobalAveragePooling2D(options_from<GlobalPooling2DOptions>(config));
}

}  // namespace carnyx
