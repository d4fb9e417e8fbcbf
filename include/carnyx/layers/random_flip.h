#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "carnyx/layers/layer.h"

namespace carnyx {

enum class FlipMode { HorizontalAndVertical, Horizontal, Vertical };
std::string_view name_of(FlipMode mode);  ///< "horizontal_and_vertical", "horizontal", "vertical"
/// Throws InvalidArgument naming the nearest known one.
void from_name(std::string_view name, FlipMode& mode);

struct RandomFlipOptions {
  FlipMode mode = FlipMode::HorizontalAndVertical;
  std::optional<std::int64_t> seed = std::nullopt;  ///< null: the model's seed decides
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Flips each image with probability 1/2 in training, in both directions at once if asked to flip
/// in both, as Keras 3 does; nothing at inference. Shapes: [B, height, width, channels], and the
/// same.
class RandomFlip final : public Layer {
 public:
  explicit RandomFlip(RandomFlipOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "RandomFlip"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  RandomFlipOptions options_;
};

}  // namespace carnyx
