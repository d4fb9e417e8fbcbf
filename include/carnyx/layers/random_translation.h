#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "carnyx/layers/image_options.h"
#include "carnyx/layers/layer.h"
#include "carnyx/tensor/fill_mode.h"

namespace carnyx {

/// The range of a share of an image's height or width; one number f is [-f, f].
struct FactorRange {
  double lower = 0;
  double upper = 0;
  FactorRange() = default;
  FactorRange(double factor)  // NOLINT(google-explicit-constructor): as Keras takes it
      : lower(factor < 0 ? factor : -factor), upper(factor < 0 ? -factor : factor) {}
  FactorRange(double one, double other)
      : lower(one < other ? one : other), upper(one < other ? other : one) {}
};

struct RandomTranslationOptions {
  FactorRange height_factor;  ///< positive: down
  FactorRange width_factor;   ///< positive: to the right
  FillMode fill_mode = FillMode::Reflect;
  Interpolation interpolation = Interpolation::Bilinear;
  std::optional<std::int64_t> seed = std::nullopt;  ///< null: the model's seed decides
  double fill_value = 0;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Moves each image by a random share of its size in training; nothing at inference.
/// Shapes: [B, height, width, channels], and the same.
class RandomTranslation final : public Layer {
 public:
  /// Throws InvalidArgument unless factors are in [-1, 1].
  explicit RandomTranslation(RandomTranslationOptions options);
  [[nodiscard]] std::string class_name() const override { return "RandomTranslation"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  RandomTranslationOptions options_;
};

}  // namespace carnyx
