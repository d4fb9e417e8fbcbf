#include "carnyx/layers/gaussian_noise.h"

#include <array>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

#include "layers/layer_config.h"
#include "layers/option_values.h"

namespace carnyx {

GaussianNoise::GaussianNoise(GaussianNoiseOptions options) : options_(std::move(options)) {
  if (!(options_.stddev >= 0 && options_.stddev <= 1)) {
    throw InvalidArgument(
        format("GaussianNoise: stddev must be in [0, 1], got {}", options_.stddev));
  }
}

Value GaussianNoise::build(GraphBuilder& builder, Value x) const {
  const std::uint32_t stream = seeded_stream(builder, options_.seed);
  return builder.training() ? ops::gaussian_noise(x, options_.stddev, stream) : x;
}

Json GaussianNoise::config() const {
  return Json::object(
      {{"stddev", options_.stddev}, {"seed", options_.seed ? Json(*options_.seed) : Json()}});
}

std::optional<Shape> GaussianNoise::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer gaussian_noise_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 2> kKeys = {"stddev", "seed"};
  config.allow(kKeys);
  return GaussianNoise({.stddev = config.number("stddev", 0),
                        .seed = config.seed(),
                        .input_shape = config.input_shape(),
                        .name = config.name()});
}

}  // namespace carnyx
