#pragma once

#include <optional>
#include <string>

#include "carnyx/layers/layer.h"
#include "carnyx/layers/number_array.h"

namespace carnyx {

struct RescalingOptions {
  NumberArray scale = 1;   ///< a number, or what broadcasts to the input: one for each channel
  NumberArray offset = 0;  ///< the same
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// x * scale + offset, in training and at inference: bytes to [0, 1] with {.scale = 1.0 / 255}.
/// As the first layer it costs nothing: rows are scaled as they are gathered. A data set's divisor,
/// if it has one, comes before.
class Rescaling final : public Layer {
 public:
  explicit Rescaling(RescalingOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "Rescaling"; }
  /// Throws InvalidArgument if scale or offset does not broadcast to x.
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  RescalingOptions options_;
};

}  // namespace carnyx
