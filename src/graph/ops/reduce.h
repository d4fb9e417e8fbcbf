// Ops that make fewer elements of many, and the broadcasting that undoes them.
#pragma once

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// Sums x down to a shape that broadcasts to x's.
struct SumTo final : Op {
  explicit SumTo(Shape sum_shape) : shape(std::move(sum_shape)) {}
  std::string_view name() const override { return "sum_to"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Shape shape;
};

struct BroadcastTo final : Op {
  explicit BroadcastTo(Shape broadcast_shape) : shape(std::move(broadcast_shape)) {}
  std::string_view name() const override { return "broadcast_to"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Shape shape;
};

/// Largest over the last axis, which stays as 1.
struct MaxFeatures final : Op {
  std::string_view name() const override { return "max_features"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
};

/// Index of the first largest over the last axis.
struct Argmax final : Op {
  std::string_view name() const override { return "argmax"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
};

/// Sum of everything (of the rows below valid_rows, if asked), float64 [1].
struct SumAll final : Op {
  explicit SumAll(bool sum_valid_only) : valid_only(sum_valid_only) {}
  std::string_view name() const override { return valid_only ? "sum_valid" : "sum_all"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  bool valid_only;
};

}  // namespace carnyx::ops
