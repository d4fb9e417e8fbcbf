// Ops that move elements without changing them.
#pragma once

#include "graph/ops/op_support.h"

namespace carnyx::ops {

struct Reshape final : Op {
  explicit Reshape(Shape new_shape) : shape(std::move(new_shape)) {}
  std::string_view name() const override { return "reshape"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Shape shape;
};

/// labels [B] -> float32 [B, depth].
struct OneHot final : Op {
  explicit OneHot(std::int64_t class_count) : depth(class_count) {}
  std::string_view name() const override { return "one_hot"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  std::int64_t depth;
};

}  // namespace carnyx::ops
