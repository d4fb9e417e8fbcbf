#pragma once

#include <cstdint>
#include <string>

#include "carnyx/tensor/fill_mode.h"
#include "carnyx/tensor/shape.h"

namespace carnyx {

/// What is done to each image while a batch is put together, in this order, after the division by
/// Dataset::divisor. All but the last is for training alone: evaluate() and predict() only
/// standardise. The draws for an image are a function of the model's seed, the epoch and the
/// sample, so that no result depends on threads, on the batch or on interruptions.
struct Augmentation {
  /// The image with so many pixels around it, of which a window of its own size is drawn.
  std::int64_t pad = 0;
  /// Or the largest shift up or down, and left or right, as a share of the image, in whole pixels.
  double height_factor = 0;
  double width_factor = 0;
  FillMode fill_mode = FillMode::Constant;  ///< of what comes from beyond the edge
  double fill_value = 0;
  bool flip_horizontal = false;  ///< half of the images are mirrored
  bool flip_vertical = false;    ///< half of them are turned upside down
  double contrast = 0;      ///< a channel's distance from its mean times a factor in [1 - c, 1 + c)
  double brightness = 0;    ///< plus a number in [-b, b)
  std::int64_t cutout = 0;  ///< side of a square around any pixel that becomes cutout_value
  double cutout_value = 0;
  /// (x - mean) / max(deviation, 1 / sqrt(elements)) of each image, as
  /// tf.image.per_image_standardization. Of raw bytes if the divisor is 1.
  bool standardise = false;

  bool operator==(const Augmentation&) const = default;
  /// Whether anything is drawn.
  [[nodiscard]] bool is_random() const;
  /// What is left of it outside of training.
  [[nodiscard]] Augmentation at_rest() const { return {.standardise = standardise}; }
};

template <class V>
void visit_fields(V& visit, Augmentation& o) {
  visit("pad", o.pad);
  visit("height_factor", o.height_factor);
  visit("width_factor", o.width_factor);
  visit("fill_mode", o.fill_mode);
  visit("fill_value", o.fill_value);
  visit("flip_horizontal", o.flip_horizontal);
  visit("flip_vertical", o.flip_vertical);
  visit("contrast", o.contrast);
  visit("brightness", o.brightness);
  visit("cutout", o.cutout);
  visit("cutout_value", o.cutout_value);
  visit("standardise", o.standardise);
}

/// Throws InvalidArgument, naming the set, for numbers out of range, and unless samples of this
/// shape are images [height, width] or [height, width, channels]; to standardise alone, any shape
/// will do.
void validate(const Augmentation& augmentation, const Shape& sample_shape, const std::string& name);

}  // namespace carnyx
