#include "carnyx/layers/convolution.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

#include "layers/convolution_fields.h"
#include "layers/images.h"
#include "layers/option_values.h"

namespace carnyx {
namespace {

template <class Options>
ops::Window window_of(const Options& options, Value image) {
  return padded(
      {.size = options.kernel_size, .stride = options.strides, .dilation = options.dilation_rate},
      options.padding,
      image);
}

Value weight_of(GraphBuilder& builder,
                std::string_view layer,
                std::string_view name,
                const Shape& shape,
                const AnyInitializer& initializer,
                WeightOptions options) {
  check_weight(layer, shape);
  return builder.weight(name, shape, initializer.pointer(), std::move(options));
}

template <class Options>
Value kernel_of(GraphBuilder& builder,
                std::string_view layer,
                const Options& options,
                const Shape& shape) {
  return weight_of(builder,
                   layer,
                   "kernel",
                   shape,
                   options.kernel_initializer,
                   {.regularizer = pointer_of(options.kernel_regularizer),
                    .constraint = pointer_of(options.kernel_constraint)});
}

template <class Options>
Value depthwise_kernel_of(GraphBuilder& builder,
                          std::string_view layer,
                          std::string_view name,
                          const Options& options,
                          std::int64_t channels) {
  const auto [height, width] = options.kernel_size;
  return weight_of(builder,
                   layer,
                   name,
                   {height, width, channels, options.depth_multiplier},
                   options.depthwise_initializer,
                   {.regularizer = pointer_of(options.depthwise_regularizer),
                    .constraint = pointer_of(options.depthwise_constraint)});
}

/// kernel [KH, KW, C, M].
Value depthwise(Value image, Value kernel, const ops::Window& window) {
  const Shape shape = kernel.shape();
  const Value rows = ops::reshape(kernel, {shape[0], shape[1], 1, shape[2] * shape[3]});
  return ops::conv2d(image, rows, window, shape[2]);
}

/// What follows every convolution: bias, activation, layout, penalty. Of the activations only those
/// over the last axis depend on the layout.
template <class Options>
Value finished(GraphBuilder& builder, Value y, const Options& options) {
  check_image("convolution", y.shape());
  if (options.use_bias) {
    y = ops::add(y,
                 builder.weight("bias",
                                {y.shape().back()},
                                options.bias_initializer.pointer(),
                                {.regularizer = pointer_of(options.bias_regularizer),
                                 .constraint = pointer_of(options.bias_constraint)}));
  }
  const bool over_axis =
      options.activation == Activation::Softmax || options.activation == Activation::LogSoftmax;
  if (!over_axis) y = activate(y, options.activation);
  y = in_layout(y, options.data_format);
  if (over_axis) y = activate(y, options.activation);
  if (options.activity_regularizer) builder.regularize(**options.activity_regularizer, y);
  return y;
}

/// Height or width of what a transposed convolution puts out. Source: what Keras 3 asks of
/// TensorFlow.
std::int64_t transposed_extent(const Conv2DTransposeOptions& options,
                               std::size_t axis,
                               std::int64_t extent) {
  const std::int64_t stride = options.strides[axis];
  const std::int64_t span = (options.kernel_size[axis] - 1) * options.dilation_rate[axis] + 1;
  const std::int64_t least = (extent - 1) * stride;
  if (options.padding == Padding::Valid) {
    const std::int64_t more =
        options.output_padding ? (*options.output_padding)[axis] : std::max(span, stride) - span;
    return least + span + more;
  }
  return options.output_padding ? least + span % 2 + (*options.output_padding)[axis]
                                : least + stride;
}

/// With padding "same" and a size of one's own not every image has a convolution that makes `from`.
void require_places(const ops::Window& window, const Size2D& image, const Shape& from) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t places = window.places(axis, image[axis]);
    const std::int64_t wanted = from[1 + static_cast<std::int64_t>(axis)];
    if (places == wanted) continue;
    throw InvalidArgument(format(
        "Conv2DTranspose: output_padding makes an extent of {}, of which a convolution makes "
        "{} and not {}; take another one, or none",
        image[axis],
        places,
        wanted));
  }
}

}  // namespace

Conv2D::Conv2D(Conv2DOptions options) : options_(std::move(options)) {
  check_option(class_name(), "filters", options_.filters);
  check_option(class_name(), "groups", options_.groups);
  check_convolution(class_name(), options_.kernel_size, options_.strides, options_.dilation_rate);
  if (options_.filters % options_.groups != 0) {
    throw InvalidArgument(format("Conv2D: groups must divide filters, got {} groups and {} filters",
                                 options_.groups,
                                 options_.filters));
  }
}

Value Conv2D::build(GraphBuilder& builder, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const std::int64_t channels = image.shape()[3];
  if (channels % options_.groups != 0) {
    throw InvalidArgument(
        format("Conv2D: groups must divide the input's channels, got {} groups and {} channels",
               options_.groups,
               channels));
  }
  const auto [height, width] = options_.kernel_size;
  const Value kernel = kernel_of(builder,
                                 class_name(),
                                 options_,
                                 {height, width, channels / options_.groups, options_.filters});
  const ops::Window window = window_of(options_, image);
  return finished(builder, ops::conv2d(image, kernel, window, options_.groups), options_);
}

Json Conv2D::config() const {
  return config_of(options_);
}

std::optional<Shape> Conv2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer conv2d_from(const LayerConfig& config) {
  config.require_null("lora_rank");
  return Conv2D(options_from<Conv2DOptions>(config, {"lora_rank", "lora_alpha"}));
}

DepthwiseConv2D::DepthwiseConv2D(DepthwiseConv2DOptions options) : options_(std::move(options)) {
  check_option(class_name(), "depth_multiplier", options_.depth_multiplier);
  check_convolution(class_name(), options_.kernel_size, options_.strides, options_.dilation_rate);
}

Value DepthwiseConv2D::build(GraphBuilder& builder, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const Value kernel =
      depthwise_kernel_of(builder, class_name(), "kernel", options_, image.shape()[3]);
  return finished(builder, depthwise(image, kernel, window_of(options_, image)), options_);
}

Json DepthwiseConv2D::config() const {
  return config_of(options_);
}

std::optional<Shape> DepthwiseConv2D::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer depthwise_conv2d_from(const LayerConfig& config) {
  return DepthwiseConv2D(options_from<DepthwiseConv2DOptions>(config, {"groups"}));
}

SeparableConv2D::SeparableConv2D(SeparableConv2DOptions options) : options_(std::move(options)) {
  check_option(class_name(), "filters", options_.filters);
  check_option(class_name(), "depth_multiplier", options_.depth_multiplier);
  check_convolution(class_name(), options_.kernel_size, options_.strides, options_.dilation_rate);
}

Value SeparableConv2D::build(GraphBuilder& builder, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const std::int64_t channels = image.shape()[3];
  const Value kernel =
      depthwise_kernel_of(builder, class_name(), "depthwise_kernel", options_, channels);
  const Value mixing = weight_of(builder,
                                 class_name(),
                                 "pointwise_kernel",
                                 {1, 1, channels * options_.depth_multiplier, options_.filters},
                                 options_.pointwise_initializer,
                                 {.regularizer = pointer_of(options_.pointwise_regularizer),
                                  .constraint = pointer_of(options_.pointwise_constraint)});
  const Value separate = depthwise(image, kernel, window_of(options_, image));
  return finished(builder, ops::conv2d(separate, mixing, {}), options_);
}

Json SeparableConv2D::config() const {
  return config_of(options_);
}

std::optional<Shape> SeparableConv2D::input_shape() const {
  return as_shape(options_.input_shape);
}

/// tf.keras also writes options of the kernel that the layer has not.
AnyLayer separable_conv2d_from(const LayerConfig& config) {
  return SeparableConv2D(options_from<SeparableConv2DOptions>(
      config, {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"}));
}

Conv2DTranspose::Conv2DTranspose(Conv2DTransposeOptions options) : options_(std::move(options)) {
  check_option(class_name(), "filters", options_.filters);
  check_convolution(class_name(), options_.kernel_size, options_.strides, options_.dilation_rate);
  if (!options_.output_padding) return;
  check_option(class_name(), "output_padding", *options_.output_padding, 0);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    if ((*options_.output_padding)[axis] < options_.strides[axis]) continue;
    throw InvalidArgument(
        format("Conv2DTranspose: output_padding must be less than strides, got {} where the stride "
               "is {}",
               (*options_.output_padding)[axis],
               options_.strides[axis]));
  }
}

Value Conv2DTranspose::build(GraphBuilder& builder, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const Shape shape = image.shape();
  const auto [height, width] = options_.kernel_size;
  const Value kernel =
      kernel_of(builder, class_name(), options_, {height, width, options_.filters, shape[3]});
  const Size2D larger = {transposed_extent(options_, 0, shape[1]),
                         transposed_extent(options_, 1, shape[2])};
  check_image(class_name(), {shape[0], larger[0], larger[1], options_.filters});
  ops::Window window = {
      .size = options_.kernel_size, .stride = options_.strides, .dilation = options_.dilation_rate};
  if (options_.padding == Padding::Same) window = ops::with_same_padding(window, larger);
  require_places(window, larger, shape);
  return finished(builder, ops::conv2d_transpose(image, kernel, window, larger), options_);
}

Json Conv2DTranspose::config() const {
  return config_of(options_);
}

std::optional<Shape> Conv2DTranspose::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer conv2d_transpose_from(const LayerConfig& config) {
  return Conv2DTranspose(options_from<Conv2DTransposeOptions>(config, {"groups"}));
}

}  // namespace carnyx
