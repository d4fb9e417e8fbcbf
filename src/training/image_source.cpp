#include "training/image_source.h"

#include <cmath>

namespace carnyx {
namespace {

/// Sizes alone. A sample that is no image is one line of numbers.
kernels::ImageChange unchanged(const Shape& sample) {
  const bool is_image = sample.rank() == 2 || sample.rank() == 3;
  kernels::ImageChange change{.height = is_image ? sample[0] : 1,
                              .width = is_image ? sample[1] : sample.elements(),
                              .channels = sample.rank() == 3 ? sample[2] : 1};
  change.new_height = change.height;
  change.new_width = change.width;
  return change;
}

kernels::WindowDraw whole_pixels(double most) {
  return {.least = -most, .most = most};
}

/// Where the window begins along an axis: the padding's width, or a share of the axis.
kernels::WindowDraw window(std::int64_t pad, double factor, std::int64_t size) {
  if (pad > 0) return whole_pixels(static_cast<double>(pad));
  return whole_pixels(std::floor(factor * static_cast<double>(size)));
}

}  // namespace

InputSource image_source(const Dataset& data, Mode mode) {
  InputSource source{.rows = data.x.bytes(), .dtype = data.x.dtype(), .divisor = data.divisor};
  const Augmentation& given = data.augmentation;
  const Augmentation wanted = mode == Mode::Training ? given : given.at_rest();
  if (wanted == Augmentation{}) return source;
  validate(wanted, data.sample_shape(), data.name);
  kernels::ImageChange change = unchanged(data.sample_shape());
  change.top = window(wanted.pad, wanted.height_factor, change.height);
  change.left = window(wanted.pad, wanted.width_factor, change.width);
  change.fill_mode = wanted.fill_mode;
  change.fill_value = static_cast<float>(wanted.fill_value);
  change.flips_rows = wanted.flip_vertical;
  change.flips_columns = wanted.flip_horizontal;
  change.contrast = static_cast<float>(wanted.contrast);
  change.brightness = static_cast<float>(wanted.brightness);
  change.hole = wanted.cutout;
  change.hole_value = static_cast<float>(wanted.cutout_value);
  change.standardises = wanted.standardise;
  source.change = change;
  return source;
}

}  // namespace carnyx
