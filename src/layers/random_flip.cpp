#include "carnyx/layers/random_flip.h"

#include <algorithm>
#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

#include "layers/image_layers.h"
#include "layers/option_values.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 3> kFlipModes = {
    "horizontal_and_vertical", "horizontal", "vertical"};

}  // namespace

std::string_view name_of(FlipMode mode) {
  return kFlipModes[static_cast<std::size_t>(mode)];
}

void from_name(std::string_view name, FlipMode& mode) {
  const auto found = std::ranges::find(kFlipModes, name);
  if (found == kFlipModes.end()) throw InvalidArgument(unknown_name("flip mode", name, kFlipModes));
  mode = static_cast<FlipMode>(found - kFlipModes.begin());
}

Value RandomFlip::build(GraphBuilder& builder, Value x) const {
  kernels::ImageChange change = unchanged_images(x.shape(), class_name());
  change.flips_rows = options_.mode != FlipMode::Horizontal;
  change.flips_columns = options_.mode != FlipMode::Vertical;
  change.flips_together = true;
  const std::uint32_t stream = seeded_stream(builder, options_.seed);
  return builder.training() ? ops::augment(x, change, stream) : x;
}

Json RandomFlip::config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"seed", options_.seed ? Json(*options_.seed) : Json()},
                       {"mode", name_of(options_.mode)}});
}

std::optional<Shape> RandomFlip::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer random_flip_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 4> kKeys = {"mode", "seed", "data_format", "rng_type"};
  config.allow(kKeys);
  require_channels_last(config);
  return RandomFlip({.mode = named_option(config, "mode", FlipMode::HorizontalAndVertical),
                     .seed = config.seed(),
                     .input_shape = config.input_shape(),
                     .name = config.name()});
}

}  // namespace carnyx
