// Activations that are layers of their own, because they have options or weights.
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

struct ReLUOptions {
  std::optional<double> max_value = std::nullopt;  ///< >= 0, as the others; null: none
  double negative_slope = 0;
  double threshold = 0;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// x, from threshold on and up to max_value; below, negative_slope * (x - threshold).
class ReLU final : public Layer {
 public:
  /// Throws InvalidArgument if an option is negative.
  explicit ReLU(ReLUOptions options);
  [[nodiscard]] std::string class_name() const override { return "ReLU"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  ReLUOptions options_;
};

struct LeakyReLUOptions {
  double negative_slope = 0.3;  ///< >= 0; Keras 2's alpha
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// x, or negative_slope * x where it is negative.
class LeakyReLU final : public Layer {
 public:
  /// Throws InvalidArgument if the slope is negative.
  explicit LeakyReLU(LeakyReLUOptions options);
  [[nodiscard]] std::string class_name() const override { return "LeakyReLU"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  LeakyReLUOptions options_;
};

struct ELUOptions {
  double alpha = 1;  ///< >= 0
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// x, or alpha * (exp(x) - 1) where it is negative.
class ELU final : public Layer {
 public:
  /// Throws InvalidArgument unless alpha is finite and not negative.
  explicit ELU(ELUOptions options);
  [[nodiscard]] std::string class_name() const override { return "ELU"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  ELUOptions options_;
};

struct PReLUOptions {
  AnyInitializer alpha_initializer = Zeros();
  std::optional<AnyRegularizer> alpha_regularizer = std::nullopt;
  std::optional<AnyConstraint> alpha_constraint = std::nullopt;
  /// Axes of a sample, from 1, whose places have one alpha: {1, 2} gives each channel its own.
  std::vector<std::int64_t> shared_axes = {};
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// x, or alpha * x where it is negative. Shapes: alpha is a sample's, 1 along shared axes.
/// Source: He et al., 2015.
class PReLU final : public Layer {
 public:
  explicit PReLU(PReLUOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "PReLU"; }
  /// Throws InvalidArgument if shared_axes names an axis that is not there.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  PReLUOptions options_;
};

struct SoftmaxOptions {
  /// Axes that sum to 1 together; those of a batch, so 1 or more, or negative ones from the back.
  std::vector<std::int64_t> axis = {-1};
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// exp(x) over its sum along `axis`.
class Softmax final : public Layer {
 public:
  /// Throws InvalidArgument if there is no axis.
  explicit Softmax(SoftmaxOptions options);
  [[nodiscard]] std::string class_name() const override { return "Softmax"; }
  /// Throws InvalidArgument if `axis` names no axis of x, or one twice.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  SoftmaxOptions options_;
};

}  // namespace carnyx
