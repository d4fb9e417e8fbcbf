#pragma once

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// Over the last axis.
struct Softmax final : Op {
  std::string_view name() const override { return "softmax"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
};

/// logits [B, C], target [B] labels or [B, C] probabilities -> sum over valid rows, float64 [1].
struct SoftmaxCrossEntropy final : Op {
  std::string_view name() const override { return "softmax_cross_entropy"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
};

/// d SoftmaxCrossEntropy / d logits, times slope [1]; zero in the rows that count nothing.
struct SoftmaxCrossEntropyGradient final : Op {
  std::string_view name() const override { return "softmax_cross_entropy_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
};

}  // namespace carnyx::ops
