#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnyx/layers/image_options.h"
#include "carnyx/layers/layer.h"

namespace carnyx {

struct SpatialDropout2DOptions {
  double rate = 0;  ///< share of channels set to 0 in training, in [0, 1)
  std::optional<std::int64_t> seed = std::nullopt;  ///< null: the model's seed decides
  ImageLayout data_format = ImageLayout::ChannelsLast;
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Dropout of whole channels of an image. Source: Tompson et al., 2014.
class SpatialDropout2D final : public Layer {
 public:
  /// Throws InvalidArgument unless 0 <= rate < 1.
  explicit SpatialDropout2D(SpatialDropout2DOptions options);
  [[nodiscard]] std::string class_name() const override { return "SpatialDropout2D"; }
  /// Throws InvalidArgument if x is no image.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  SpatialDropout2DOptions options_;
};

}  // namespace carnyx
