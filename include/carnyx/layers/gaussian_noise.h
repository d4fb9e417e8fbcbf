#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carnyx/layers/layer.h"

namespace carnyx {

struct GaussianNoiseOptions {
  double stddev = 0;                                ///< of the noise, in [0, 1]
  std::optional<std::int64_t> seed = std::nullopt;  ///< null: the model's seed decides
  SampleShape input_shape = std::nullopt;
  std::string name = {};
};
/// Adds normal noise of mean 0 in training; nothing at inference. The draws follow from the seed,
/// the step and the element's place, whatever the number of threads.
class GaussianNoise final : public Layer {
 public:
  /// Throws InvalidArgument unless 0 <= stddev <= 1, as Keras does.
  explicit GaussianNoise(GaussianNoiseOptions options);
  [[nodiscard]] std::string class_name() const override { return "GaussianNoise"; }
  Value build(GraphBuilder& builder, Value x) const override;
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::optional<Shape> input_shape() const override;

 private:
  GaussianNoiseOptions options_;
};

}  // namespace carnyx
