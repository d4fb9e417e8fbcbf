// Pooling of images, channel by channel, and the gradients; and the repeating that undoes it.
#pragma once

#include "carnyx/graph/image_ops.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

enum class PoolKind { Max, Average };

/// x [B, H, W, C] -> [B, I, J, C]: of each window what lies in the image.
struct Pool2D final : Op {
  Pool2D(PoolKind pool_kind, const Window& pool_window) : kind(pool_kind), window(pool_window) {}
  std::string_view name() const override {
    return kind == PoolKind::Max ? "max_pool2d" : "average_pool2d";
  }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  PoolKind kind;
  Window window;
};

/// inputs the result's slope and x -> x's slope. Of equal largest elements the first gets it.
struct MaxPool2DGradient final : Op {
  explicit MaxPool2DGradient(const Window& pool_window) : window(pool_window) {}
  std::string_view name() const override { return "max_pool2d_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Window window;
};

/// The result's slope -> that of x, whose shape is `image`.
struct AveragePool2DGradient final : Op {
  AveragePool2DGradient(const Window& pool_window, Shape image_shape)
      : window(pool_window), image(std::move(image_shape)) {}
  std::string_view name() const override { return "average_pool2d_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Window window;
  Shape image;
};

/// x [B, H, W, C] -> [B, H times[0], W times[1], C].
struct RepeatPixels final : Op {
  explicit RepeatPixels(Pair repeat_times) : times(repeat_times) {}
  std::string_view name() const override { return "repeat_pixels"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Pair times;
};

}  // namespace carnyx::ops
