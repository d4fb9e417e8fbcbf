#include "carnyx/data/augmentation.h"

#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

[[noreturn]] void reject(const std::string& name,
                         const char* field,
                         const char* range,
                         double got) {
  throw InvalidArgument(format("{}: augmentation: {} must be {}, got {}", name, field, range, got));
}

void require_share(double value, const char* field, const std::string& name) {
  if (!(value >= 0 && value <= 1)) reject(name, field, "in [0, 1]", value);
}

void require_finite(double value, const char* field, const std::string& name) {
  if (!std::isfinite(value)) reject(name, field, "finite", value);
}

void require_pixels(std::int64_t value, const char* field, const std::string& name) {
  constexpr std::int64_t kMost = 1 << 14;  // the largest side of an image that is read
  if (value < 0 || value > kMost) {
    reject(name, field, "in [0, 16384]", static_cast<double>(value));
  }
}

}  // namespace

bool Augmentation::is_random() const {
  return pad > 0 || height_factor > 0 || width_factor > 0 || flip_horizontal || flip_vertical ||
         contrast > 0 || brightness > 0 || cutout > 0;
}

void validate(const Augmentation& augmentation,
              const Shape& sample_shape,
              const std::string& name) {
  require_pixels(augmentation.pad, "pad", name);
  require_pixels(augmentation.cutout, "cutout", name);
  require_share(augmentation.height_factor, "height_factor", name);
  require_share(augmentation.width_factor, "width_factor", name);
  require_share(augmentation.contrast, "contrast", name);
  if (!(augmentation.brightness >= 0 && std::isfinite(augmentation.brightness))) {
    reject(name, "brightness", "at least 0 and finite", augmentation.brightness);
  }
  require_finite(augmentation.fill_value, "fill_value", name);
  require_finite(augmentation.cutout_value, "cutout_value", name);
  const bool translates = augmentation.height_factor > 0 || augmentation.width_factor > 0;
  if (augmentation.pad > 0 && translates) {
    throw InvalidArgument(
        format("{}: augmentation: give pad, or height_factor and width_factor, not both", name));
  }
  const bool are_images = sample_shape.rank() == 2 || sample_shape.rank() == 3;
  if (!augmentation.is_random() || are_images) return;
  throw InvalidArgument(
      format("{}: augmentation: expected images (height, width) or (height, width, channels), got "
             "samples {}; let the model flatten them",
             name,
             sample_shape.to_string()));
}

}  // namespace carnyx
