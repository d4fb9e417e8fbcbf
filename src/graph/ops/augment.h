#pragma once

#include "carnyx/graph/image_ops.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

struct Augment final : Op {
  Augment(kernels::ImageChange image_change, std::uint32_t draw_stream)
      : change(image_change), stream(draw_stream) {}
  std::string_view name() const override { return "augment"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  kernels::ImageChange change;
  std::uint32_t stream;
};

/// The result's slope [B, new_height, new_width, channels] -> x's.
struct AugmentGradient final : Op {
  AugmentGradient(kernels::ImageChange image_change, std::uint32_t draw_stream)
      : change(image_change), stream(draw_stream) {}
  std::string_view name() const override { return "augment_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  kernels::ImageChange change;
  std::uint32_t stream;
};

}  // namespace carnyx::ops
