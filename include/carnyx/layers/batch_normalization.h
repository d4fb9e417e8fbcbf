#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnyx/layers/constraints.h"
#include "carnyx/layers/initializers.h"
#include "carnyx/layers/layer.h"
#include "carnyx/layers/regularizers.h"

namespace carnyx {

struct BatchNormalizationOptions {
  std::int64_t axis = -1;  ///< of the features: 1 or more, or negative ones from the back
  double momentum = 0.99;  ///< share of the moving statistics that a step keeps
  double epsilon = 1e-3;   ///< added to the variance, >= 0
  bool center = true;      ///< adds beta
  bool scale = true;       ///< multiplies by gamma
  AnyInitializer beta_initializer = Zeros();
  AnyInitializer gamma_initializer = Ones();
  AnyInitializer moving_mean_initializer = Zeros();
  AnyInitializer moving_variance_initializer = Ones();
  std::optional<AnyRegularizer> beta_regularizer = std::nullopt;
  std::optional<AnyRegularizer> gamma_regularizer = std::nullopt;
  std::optional<AnyConstraint> beta_constraint = std::nullopt;
  std::optional<AnyConstraint> gamma_constraint = std::nullopt;
  bool synchronized = false;  ///< kept for files; several replicas refuse it
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, feature by feature: by the batch's
/// statistics in training, by moving ones at inference and where the layer is frozen. A training
/// step moves those to momentum * moving + (1 - momentum) * batch; the variance is the biased one,
/// as in Keras 3 (Keras 2's fused kernels multiply it by n / (n - 1)). Statistics are float32 in
/// mixed precision too. Source: Ioffe & Szegedy, 2015.
class BatchNormalization final : public Layer {
 public:
  /// Throws InvalidArgument if epsilon is negative or momentum not in [0, 1].
  explicit BatchNormalization(BatchNormalizationOptions options);
  [[nodiscard]] std::string class_name() const override { return "BatchNormalization"; }
  /// Throws InvalidArgument if `axis` names no axis of the samples.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  BatchNormalizationOptions options_;
};

}  // namespace carnyx
