// One image changed in float32: what the gather and the op share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "carnyx/kernels/image_change.h"
#include "carnyx/kernels/kernel.h"

namespace carnyx::kernels {

/// How numbers are read and written on the way.
struct ImageScaling {
  float divisor = 1;
  bool multiplies = false;  ///< instead of dividing, to the same bits
  float scale = 1, shift = 0;
};

/// Floats that change_image_to_float() needs beside the result.
std::int64_t image_spare(const ImageChange& change);

/// image [height, width, channels] of Uint8 or Float32 -> result [new_height, new_width, channels].
void change_image_to_float(const ImageChange& change,
                           const ImageDraw& draw,
                           const ImageScaling& scaling,
                           DType dtype,
                           const std::byte* image,
                           float* spare,
                           float* result);

/// Whether bytes divided by `divisor` may be multiplied instead.
bool divides_bytes_by_multiplying(float divisor);

}  // namespace carnyx::kernels
