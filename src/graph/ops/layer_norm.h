#pragma once

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// What LayerNorm and its gradient share.
struct LayerNormOptions {
  double epsilon = 0;
  bool keeps_mean = false;  ///< x over its deviation, its mean not taken away
  bool scales = false;      ///< there is a gamma
  bool shifts = false;      ///< there is a beta
};

/// inputs x [..., C], gamma [C] if it scales, beta [C] if it shifts; over the last axis:
/// (x - mean) / sqrt(variance + epsilon) * gamma + beta.
struct LayerNorm final : Op {
  explicit LayerNorm(LayerNormOptions norm_options) : options(norm_options) {}
  std::string_view name() const override { return "layer_norm"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  LayerNormOptions options;
};

/// inputs the result's slope, x, and gamma if it scales -> the gradients of x, gamma and beta, as
/// far as there are such.
struct LayerNormGradient final : Op {
  explicit LayerNormGradient(LayerNormOptions norm_options) : options(norm_options) {}
  std::string_view name() const override { return "layer_norm_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  LayerNormOptions options;
};

}  // namespace carnyx::ops
