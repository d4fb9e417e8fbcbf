// The convolutions of images. x is [B, H, W, C], or [B, C, H, W] where data_format says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnyx/layers/activations.h"
#include "carnyx/layers/constraints.h"
#include "carnyx/layers/image_options.h"
#include "carnyx/layers/initializers.h"
#include "carnyx/layers/layer.h"
#include "carnyx/layers/regularizers.h"

namespace carnyx {

struct Conv2DOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {0, 0};
  Size2D strides = {1, 1};
  Padding padding = Padding::Valid;
  ImageLayout data_format = ImageLayout::ChannelsLast;
  Size2D dilation_rate = {1, 1};  ///< from tap to tap; strides must be 1 if it is not
  std::int64_t groups = 1;        ///< divide channels and filters, each group sees only its own
  Activation activation = Activation::Linear;
  bool use_bias = true;
  AnyInitializer kernel_initializer = GlorotUniform();
  AnyInitializer bias_initializer = Zeros();
  std::optional<AnyRegularizer> kernel_regularizer = std::nullopt;
  std::optional<AnyRegularizer> bias_regularizer = std::nullopt;
  std::optional<AnyRegularizer> activity_regularizer = std::nullopt;  ///< of what it puts out
  std::optional<AnyConstraint> kernel_constraint = std::nullopt;
  std::optional<AnyConstraint> bias_constraint = std::nullopt;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// activation(conv(x, kernel) + bias). Shapes: kernel [KH, KW, C / groups, filters]; bias
/// [filters]; the result [B, I, J, filters].
class Conv2D final : public Layer {
 public:
  /// Throws InvalidArgument if a number is out of range, groups do not divide filters, or strides
  /// and dilation_rate both are over 1.
  explicit Conv2D(Conv2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "Conv2D"; }
  /// Throws InvalidArgument if x is no image, groups do not divide its channels, or the kernel does
  /// not fit into it.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  Conv2DOptions options_;
};

struct DepthwiseConv2DOptions {
  Size2D kernel_size = {0, 0};
  Size2D strides = {1, 1};
  Padding padding = Padding::Valid;
  std::int64_t depth_multiplier = 1;  ///< results for each channel
  ImageLayout data_format = ImageLayout::ChannelsLast;
  Size2D dilation_rate = {1, 1};
  Activation activation = Activation::Linear;
  bool use_bias = true;
  AnyInitializer depthwise_initializer = GlorotUniform();
  AnyInitializer bias_initializer = Zeros();
  std::optional<AnyRegularizer> depthwise_regularizer = std::nullopt;
  std::optional<AnyRegularizer> bias_regularizer = std::nullopt;
  std::optional<AnyRegularizer> activity_regularizer = std::nullopt;
  std::optional<AnyConstraint> depthwise_constraint = std::nullopt;
  std::optional<AnyConstraint> bias_constraint = std::nullopt;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Each channel by kernels of its own. Shapes: kernel [KH, KW, C, M], M being depth_multiplier;
/// bias [C M]; the result [B, I, J, C M], the M of a channel side by side.
class DepthwiseConv2D final : public Layer {
 public:
  /// Throws InvalidArgument as Conv2D does.
  explicit DepthwiseConv2D(DepthwiseConv2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "DepthwiseConv2D"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  DepthwiseConv2DOptions options_;
};

struct SeparableConv2DOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {0, 0};
  Size2D strides = {1, 1};
  Padding padding = Padding::Valid;
  ImageLayout data_format = ImageLayout::ChannelsLast;
  Size2D dilation_rate = {1, 1};
  std::int64_t depth_multiplier = 1;
  Activation activation = Activation::Linear;
  bool use_bias = true;
  AnyInitializer depthwise_initializer = GlorotUniform();
  AnyInitializer pointwise_initializer = GlorotUniform();
  AnyInitializer bias_initializer = Zeros();
  std::optional<AnyRegularizer> depthwise_regularizer = std::nullopt;
  std::optional<AnyRegularizer> pointwise_regularizer = std::nullopt;
  std::optional<AnyRegularizer> bias_regularizer = std::nullopt;
  std::optional<AnyRegularizer> activity_regularizer = std::nullopt;
  std::optional<AnyConstraint> depthwise_constraint = std::nullopt;
  std::optional<AnyConstraint> pointwise_constraint = std::nullopt;
  std::optional<AnyConstraint> bias_constraint = std::nullopt;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// A depthwise convolution, then one of single pixels that mixes channels. Shapes: depthwise_kernel
/// [KH, KW, C, M]; pointwise_kernel [1, 1, C M, filters]; bias [filters].
class SeparableConv2D final : public Layer {
 public:
  /// Throws InvalidArgument as Conv2D does.
  explicit SeparableConv2D(SeparableConv2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "SeparableConv2D"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  SeparableConv2DOptions options_;
};

struct Conv2DTransposeOptions {
  std::int64_t filters = 0;
  Size2D kernel_size = {0, 0};
  Size2D strides = {1, 1};
  Padding padding = Padding::Valid;
  /// More of the result below and right, less than strides; null: what makes it extent * stride
  /// with padding "same", and no more than the kernel reaches with "valid".
  std::optional<Size2D> output_padding = std::nullopt;
  ImageLayout data_format = ImageLayout::ChannelsLast;
  Size2D dilation_rate = {1, 1};
  Activation activation = Activation::Linear;
  bool use_bias = true;
  AnyInitializer kernel_initializer = GlorotUniform();
  AnyInitializer bias_initializer = Zeros();
  std::optional<AnyRegularizer> kernel_regularizer = std::nullopt;
  std::optional<AnyRegularizer> bias_regularizer = std::nullopt;
  std::optional<AnyRegularizer> activity_regularizer = std::nullopt;
  std::optional<AnyConstraint> kernel_constraint = std::nullopt;
  std::optional<AnyConstraint> bias_constraint = std::nullopt;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// What a convolution's gradient does, as a layer: images grow by strides. Shapes: kernel
/// [KH, KW, filters, C]; bias [filters].
class Conv2DTranspose final : public Layer {
 public:
  /// Throws InvalidArgument as Conv2D does, and if output_padding is not below strides.
  explicit Conv2DTranspose(Conv2DTransposeOptions options);
  [[nodiscard]] std::string class_name() const override { return "Conv2DTranspose"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  Conv2DTransposeOptions options_;
};

}  // namespace carnyx
