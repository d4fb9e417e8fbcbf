// Convolution of images and its two gradients: all three are the same sum, seen from another
// operand.
#pragma once

#include "carnyx/graph/image_ops.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// x [B, H, W, C], kernel [KH, KW, C / groups, N] -> [B, I, J, N].
struct Conv2D final : Op {
  Conv2D(const Window& conv_window, std::int64_t conv_groups)
      : window(conv_window), groups(conv_groups) {}
  std::string_view name() const override { return "conv2d"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Window window;
  std::int64_t groups;
};

/// The result's slope [B, I, J, N] and the kernel -> x's slope, of shape `image`.
struct Conv2DInputGradient final : Op {
  Conv2DInputGradient(const Window& conv_window, std::int64_t conv_groups, Shape image_shape)
      : window(conv_window), groups(conv_groups), image(std::move(image_shape)) {}
  std::string_view name() const override { return "conv2d_input_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Window window;
  std::int64_t groups;
  Shape image;
};

/// x [B, H, W, C] and the result's slope [B, I, J, N] -> the kernel's slope, of shape `kernel`.
struct Conv2DKernelGradient final : Op {
  Conv2DKernelGradient(const Window& conv_window, std::int64_t conv_groups, Shape kernel_shape)
      : window(conv_window), groups(conv_groups), kernel(std::move(kernel_shape)) {}
  std::string_view name() const override { return "conv2d_kernel_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Window window;
  std::int64_t groups;
  Shape kernel;
};

/// The shape of what `window` makes of images, with `channels`; rejects in the op's name what is no
/// image and windows that do not fit.
Shape windowed_shape(std::string_view op,
                     const Shape& image,
                     const Window& window,
                     std::int64_t channels);

}  // namespace carnyx::ops
