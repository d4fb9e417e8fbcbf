// The layers of dense networks: Input, Dense, Activation, Dropout, Flatten, Reshape.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/layers/activations.h"
#include "carnyx/layers/constraints.h"
#include "carnyx/layers/image_options.h"
#include "carnyx/layers/initializers.h"
#include "carnyx/layers/layer.h"
#include "carnyx/layers/regularizers.h"

namespace carnyx {

struct InputOptions {
  std::vector<std::int64_t> shape;
  std::string name = {};
};
/// What the model is fed; Keras's InputLayer. Changes nothing.
class Input final : public Layer {
 public:
  /// Throws InvalidArgument if an axis is not positive.
  explicit Input(InputOptions options);
  [[nodiscard]] std::string class_name() const override { return "InputLayer"; }
  Value build(GraphBuilder&, Value x) const override { return x; }
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override { return Shape(options_.shape); }

 private:
  InputOptions options_;
};

struct DenseOptions {
  std::int64_t units = 0;
  Activation activation = Activation::Linear;
  bool use_bias = true;
  AnyInitializer kernel_initializer = GlorotUniform();
  AnyInitializer bias_initializer = Zeros();
  std::optional<AnyRegularizer> kernel_regularizer = std::nullopt;
  std::optional<AnyRegularizer> bias_regularizer = std::nullopt;
  std::optional<AnyRegularizer> activity_regularizer = std::nullopt;  ///< of what it puts out
  std::optional<AnyConstraint> kernel_constraint = std::nullopt;
  std::optional<AnyConstraint> bias_constraint = std::nullopt;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// activation(x . kernel + bias). Shapes: x [B, ..., in]; kernel [in, units]; bias [units].
class Dense final : public Layer {
 public:
  /// Throws InvalidArgument unless units > 0.
  explicit Dense(DenseOptions options);
  [[nodiscard]] std::string class_name() const override { return "Dense"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  DenseOptions options_;
};

struct ActivationLayerOptions {
  Activation activation = Activation::Linear;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Keras's Activation layer.
class ActivationLayer final : public Layer {
 public:
  explicit ActivationLayer(ActivationLayerOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "Activation"; }
  Value build(GraphBuilder&, Value x) const override { return activate(x, options_.activation); }
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  ActivationLayerOptions options_;
};

struct DropoutOptions {
  double rate = 0;  ///< share of elements set to 0 in training, in [0, 1)
  std::optional<std::int64_t> seed = std::nullopt;  ///< null: the model's seed decides
  /// An extent for each axis of a batch: 1 where all places are kept or dropped together, the
  /// batch's own or null elsewhere. Empty: each element by itself.
  std::vector<std::optional<std::int64_t>> noise_shape = {};
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Inverted dropout: what is kept is divided by 1 - rate. Nothing at inference.
/// Source: Srivastava et al., 2014.
class Dropout final : public Layer {
 public:
  /// Throws InvalidArgument unless 0 <= rate < 1 (Keras also takes 1, which drops everything).
  explicit Dropout(DropoutOptions options);
  [[nodiscard]] std::string class_name() const override { return "Dropout"; }
  /// Throws InvalidArgument if noise_shape does not broadcast to x.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  DropoutOptions options_;
};

struct FlattenOptions {
  ImageLayout data_format = ImageLayout::ChannelsLast;  ///< first: channels go last before
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// [B, ...] -> [B, product].
class Flatten final : public Layer {
 public:
  explicit Flatten(FlattenOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "Flatten"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  FlattenOptions options_;
};

struct ReshapeOptions {
  std::vector<std::int64_t> target_shape;  ///< one axis may be -1: what is left
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// [B, ...] -> [B, target_shape...].
class Reshape final : public Layer {
 public:
  explicit Reshape(ReshapeOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "Reshape"; }
  /// Throws InvalidArgument if the element counts differ.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  ReshapeOptions options_;
};

}  // namespace carnyx
