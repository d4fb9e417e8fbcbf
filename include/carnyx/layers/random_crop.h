#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnyx/layers/layer.h"

namespace carnyx {

struct RandomCropOptions {
  std::int64_t height = 1;
  std::int64_t width = 1;
  std::optional<std::int64_t> seed = std::nullopt;  ///< null: the model's seed decides
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// A window of each image, drawn in training where the image is both higher and wider, in its
/// middle at inference. Each image of a batch has its own, where Keras draws one for all; and where
/// Keras would resize at inference, or for want of pixels, this crops, or refuses. Shapes: [B, at
/// least height, at least width, channels] -> [B, height, width, channels].
class RandomCrop final : public Layer {
 public:
  /// Throws InvalidArgument unless height and width are positive.
  explicit RandomCrop(RandomCropOptions options);
  [[nodiscard]] std::string class_name() const override { return "RandomCrop"; }
  /// Throws InvalidArgument for smaller images.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  RandomCropOptions options_;
};

}  // namespace carnyx
