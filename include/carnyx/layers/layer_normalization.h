#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/layers/constraints.h"
#include "carnyx/layers/initializers.h"
#include "carnyx/layers/layer.h"
#include "carnyx/layers/regularizers.h"

namespace carnyx {

struct LayerNormalizationOptions {
  /// Axes that are normalized together and have a gamma and a beta for each place; those of a
  /// batch, so 1 or more, or negative ones from the back. Fast where they are the last ones.
  std::vector<std::int64_t> axis = {-1};
  double epsilon = 1e-3;  ///< added to the variance, >= 0
  bool center = true;     ///< adds beta
  bool scale = true;      ///< multiplies by gamma
  /// x * gamma over its deviation: the mean is not taken away and there is no beta. Deprecated in
  /// Keras, which means no root mean square by it either.
  bool rms_scaling = false;
  AnyInitializer beta_initializer = Zeros();
  AnyInitializer gamma_initializer = Ones();
  std::optional<AnyRegularizer> beta_regularizer = std::nullopt;
  std::optional<AnyRegularizer> gamma_regularizer = std::nullopt;
  std::optional<AnyConstraint> beta_constraint = std::nullopt;
  std::optional<AnyConstraint> gamma_constraint = std::nullopt;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, each sample by itself. Statistics are
/// float32 in mixed precision too. Source: Ba et al., Layer Normalization, 2016.
class LayerNormalization final : public Layer {
 public:
  /// Throws InvalidArgument if epsilon is negative or there is no axis.
  explicit LayerNormalization(LayerNormalizationOptions options);
  [[nodiscard]] std::string class_name() const override { return "LayerNormalization"; }
  /// Throws InvalidArgument if `axis` names no axis of x, or one twice.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  LayerNormalizationOptions options_;
};

}  // namespace carnyx
