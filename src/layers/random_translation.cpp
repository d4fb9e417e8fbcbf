#include "carnyx/layers/random_translation.h"

#include <array>
#include <cmath>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "layers/image_layers.h"
#include "layers/option_values.h"

namespace carnyx {
namespace {

void require_factor(const FactorRange& range, std::string_view option) {
  if (range.lower >= -1 && range.upper <= 1) return;  // false for NaN
  throw InvalidArgument(format(
      "RandomTranslation: {} must be in [-1, 1], got {} to {}", option, range.lower, range.upper));
}

Json json_of_factor(const FactorRange& range) {
  if (range.lower == -range.upper) return range.upper;
  return Json::array_of(std::array{range.lower, range.upper});
}

FactorRange factor(const LayerConfig& config, std::string_view key) {
  const Json* found = config.find(key);
  if (found == nullptr) {
    throw InvalidArgument(format("layer '{}': option '{}' is missing", config.name(), key));
  }
  if (found->is_number()) return found->as_number();
  if (found->size() != 2) {
    throw InvalidArgument(format("layer '{}': option '{}' must be one number or two, got {}",
                                 config.name(),
                                 key,
                                 found->describe()));
  }
  return {found->at(0).as_number(), found->at(1).as_number()};
}

/// An image that moves down shows, at its top, what lies above it.
kernels::WindowDraw window(const FactorRange& range, std::int64_t size) {
  const auto pixels = static_cast<double>(size);
  return {.least = -range.upper * pixels, .most = -range.lower * pixels, .is_whole = false};
}

}  // namespace

RandomTranslation::RandomTranslation(RandomTranslationOptions options)
    : options_(std::move(options)) {
  require_factor(options_.height_factor, "height_factor");
  require_factor(options_.width_factor, "width_factor");
  if (!std::isfinite(options_.fill_value)) {
    throw InvalidArgument(
        format("RandomTranslation: fill_value must be finite, got {}", options_.fill_value));
  }
}

Value RandomTranslation::build(GraphBuilder& builder, Value x) const {
  kernels::ImageChange change = unchanged_images(x.shape(), class_name());
  change.top = window(options_.height_factor, change.height);
  change.left = window(options_.width_factor, change.width);
  change.interpolates = options_.interpolation == Interpolation::Bilinear;
  change.fill_mode = options_.fill_mode;
  change.fill_value = static_cast<float>(options_.fill_value);
  const std::uint32_t stream = seeded_stream(builder, options_.seed);
  return builder.training() ? ops::augment(x, change, stream) : x;
}

Json RandomTranslation::config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"height_factor", json_of_factor(options_.height_factor)},
                       {"width_factor", json_of_factor(options_.width_factor)},
                       {"fill_mode", name_of(options_.fill_mode)},
                       {"interpolation", name_of(options_.interpolation)},
                       {"seed", options_.seed ? Json(*options_.seed) : Json()},
                       {"fill_value", options_.fill_value}});
}

std::optional<Shape> RandomTranslation::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer random_translation_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 8> kKeys = {"height_factor",
                                                     "width_factor",
                                                     "fill_mode",
                                                     "interpolation",
                                                     "seed",
                                                     "fill_value",
                                                     "data_format",
                                                     "rng_type"};
  config.allow(kKeys);
  require_channels_last(config);
  return RandomTranslation(
      {.height_factor = factor(config, "height_factor"),
       .width_factor = factor(config, "width_factor"),
       .fill_mode = named_option(config, "fill_mode", FillMode::Reflect),
       .interpolation = named_option(config, "interpolation", Interpolation::Bilinear),
       .seed = config.seed(),
       .fill_value = config.number("fill_value", 0),
       .input_shape = config.input_shape(),
       .name = config.name()});
}

}  // namespace carnyx
