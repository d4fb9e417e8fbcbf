#include "carnyx/layers/random_crop.h"

#include <array>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "layers/image_layers.h"
#include "layers/option_values.h"

namespace carnyx {
namespace {

std::int64_t side(const LayerConfig& config, std::string_view key) {
  const Json* found = config.find(key);
  if (found != nullptr && found->is_integer()) return found->as_int();
  throw InvalidArgument(format("layer '{}': option '{}' must be a whole number, got {}",
                               config.name(),
                               key,
                               found == nullptr ? "none" : found->describe()));
}

kernels::WindowDraw anywhere(std::int64_t spare) {
  return {.least = 0, .most = static_cast<double>(spare)};
}
kernels::WindowDraw in_the_middle(std::int64_t spare) {
  const std::int64_t before = spare / 2;
  const auto begin = static_cast<double>(before);
  return {.least = begin, .most = begin};
}

}  // namespace

RandomCrop::RandomCrop(RandomCropOptions options) : options_(std::move(options)) {
  if (options_.height > 0 && options_.width > 0) return;
  throw InvalidArgument(format("RandomCrop: height and width must be positive, got {} and {}",
                               options_.height,
                               options_.width));
}

Value RandomCrop::build(GraphBuilder& builder, Value x) const {
  kernels::ImageChange change = unchanged_images(x.shape(), class_name());
  const std::int64_t below = change.height - options_.height;
  const std::int64_t beside = change.width - options_.width;
  if (below < 0 || beside < 0) {
    throw InvalidArgument(
        format("RandomCrop: expected images of at least {} x {}, got {} x {}; Keras would resize "
               "them, which is not done here: give larger images, or crop less",
               options_.height,
               options_.width,
               change.height,
               change.width));
  }
  const std::uint32_t stream = seeded_stream(builder, options_.seed);
  if (below == 0 && beside == 0) return x;
  // As Keras has it: where one side fits, the other is cut in its middle.
  const bool draws = builder.training() && below > 0 && beside > 0;
  change.new_height = options_.height;
  change.new_width = options_.width;
  change.top = draws ? anywhere(below) : in_the_middle(below);
  change.left = draws ? anywhere(beside) : in_the_middle(beside);
  return ops::augment(x, change, stream);
}

Json RandomCrop::config() const {
  return Json::object({{"data_format", "channels_last"},
                       {"height", options_.height},
                       {"width", options_.width},
                       {"seed", options_.seed ? Json(*options_.seed) : Json()}});
}

std::optional<Shape> RandomCrop::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer random_crop_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 5> kKeys = {
      "height", "width", "seed", "data_format", "rng_type"};
  config.allow(kKeys);
  require_channels_last(config);
  return RandomCrop({.height = side(config, "height"),
                     .width = side(config, "width"),
                     .seed = config.seed(),
                     .input_shape = config.input_shape(),
                     .name = config.name()});
}

}  // namespace carnyx
