#pragma once

#include "carnyx/graph/image_ops.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// What BatchNormalize and its gradient share.
struct BatchNormOptions {
  double epsilon = 0;
  bool scales = false;  ///< there is a gamma
  bool shifts = false;  ///< there is a beta
};

/// inputs x [B, ..., C], gamma [C] if it scales, beta [C] if it shifts -> y, mean [C], variance
/// [C]. Statistics are of the rows below valid_rows; all rows are normalized by them. As in Keras,
/// mixed precision narrows x and y alone.
struct BatchNormalize final : Op {
  explicit BatchNormalize(BatchNormOptions norm_options) : options(norm_options) {}
  std::string_view name() const override { return "batch_norm"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Inside; }
  BatchNormOptions options;
};

/// inputs y's slope, x, mean, variance, and gamma if it scales -> the gradients of x, gamma and
/// beta, as far as there are such. Rows at and above valid_rows get zeros.
struct BatchNormGradient final : Op {
  explicit BatchNormGradient(BatchNormOptions norm_options) : options(norm_options) {}
  std::string_view name() const override { return "batch_norm_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Inside; }
  BatchNormOptions options;
};

}  // namespace carnyx::ops
