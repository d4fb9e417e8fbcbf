// How an image is changed on its way into a training step: a window of it, perhaps mirrored,
// lighter, with a hole, standardised. A change is data; what chance decides of it is a pure
// function of a key, so no result depends on threads, on a batch or on what ran before.
#pragma once

#include <cstdint>
#include <span>

#include "carnyx/tensor/fill_mode.h"

namespace carnyx::kernels {

/// Where along an axis the window begins, in pixels of the image; drawn uniformly.
struct WindowDraw {
  double least = 0, most = 0;
  /// Whole numbers from least to most, both included; else any number in [least, most).
  bool is_whole = true;
};

/// In the order in which it is done. Images are [height, width, channels].
struct ImageChange {
  std::int64_t height = 1, width = 1, channels = 1;
  std::int64_t new_height = 1, new_width = 1;  ///< of the window, which is the result
  WindowDraw top, left;
  /// Between pixels where a window begins between them; else it begins at the nearest one.
  bool interpolates = false;
  FillMode fill_mode = FillMode::Constant;
  float fill_value = 0;
  bool flips_rows = false;      ///< half of the images are turned upside down
  bool flips_columns = false;   ///< half of them are mirrored
  bool flips_together = false;  ///< those of both are the same images
  float contrast = 0;     ///< a channel's distance from its mean times a factor from 1 -+ contrast
  float brightness = 0;   ///< plus a number from -+ brightness
  std::int64_t hole = 0;  ///< side of the square that becomes hole_value; its middle is any pixel
  float hole_value = 0;
  bool standardises = false;  ///< less its mean, over max(deviation, 1 / sqrt(elements))

  [[nodiscard]] std::int64_t elements() const { return height * width * channels; }
  [[nodiscard]] std::int64_t new_elements() const { return new_height * new_width * channels; }
};

/// What the draws for one image depend on.
struct ImageKey {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
  std::uint32_t time = 0;   ///< the epoch, or the step
  std::int64_t sample = 0;  ///< which image
};

/// What chance decides.
struct ImageDraw {
  double top = 0, left = 0;
  bool is_upside_down = false, is_mirrored = false;
  float contrast = 1, brightness = 0;
  std::int64_t hole_row = 0, hole_column = 0;  ///< its middle
};
ImageDraw draw_image(const ImageChange& change, const ImageKey& key);

/// One of two neighbouring pixels that make one of the result, along one axis.
struct WindowPlace {
  std::int64_t first = 0, second = 0;  ///< -1: the constant
  double weight = 0;                   ///< of the second one
};
/// Of pixel `at` of a window that begins at `begin`, mirrored or not.
WindowPlace window_place(
    const ImageChange& change, bool is_row, double begin, bool is_mirrored, std::int64_t at);

/// The rows, or columns, of the result in [begin, end) that lie in the hole.
struct HoleSpan {
  std::int64_t begin = 0, end = 0;
};
HoleSpan hole_span(std::int64_t middle, std::int64_t side, std::int64_t size);

/// The specification, in double; every fast version answers to it.
/// Shapes: image [height, width, channels], result [new_height, new_width, channels].
void change_image(const ImageChange& change,
                  const ImageDraw& draw,
                  std::span<const double> image,
                  std::span<double> result);
/// d(sum of slope * result) / d(image), where the change is linear: no contrast, brightness or
/// standardising.
void change_image_gradient(const ImageChange& change,
                           const ImageDraw& draw,
                           std::span<const double> slope,
                           std::span<double> image_slope);

}  // namespace carnyx::kernels
