// The loops of pooling over one panel: what is beneath some places of a window in one row of
// places. Pixels are [16] floats, one behind the other.
#pragma once

#include <cstdint>

#include "carnyx/kernels/image_steps.h"

namespace carnyx::kernels {

/// A window at consecutive places of one row, along the width of the image.
struct PlaceRow {
  std::int64_t places = 0;
  std::int64_t first = 0;  ///< column of the image beneath tap 0 of the first place
  std::int64_t stride = 1, dilation = 1, taps = 1;
  std::int64_t width = 0;  ///< of the image

  struct Taps {
    std::int64_t first, end;
  };
  [[nodiscard]] std::int64_t column(std::int64_t place) const { return first + place * stride; }
  /// The taps inside of the image whose tap 0 lies at `column`.
  [[nodiscard]] Taps inside(std::int64_t column) const {
    Taps taps_inside{0, taps};
    if (column < 0) taps_inside.first = (-column + dilation - 1) / dilation;
    if (column + (taps - 1) * dilation >= width) {
      taps_inside.end = width <= column ? 0 : (width - column + dilation - 1) / dilation;
    }
    return taps_inside;
  }
};

/// Takes one row of the image into `out`, [places][16]; `is_first`: what is there counts nothing.
void pool_row(Pooling kind, const PlaceRow& row, const float* image_row, bool is_first, float* out);

/// out[place] /= taps inside, of which the column of the window has `rows`.
void divide_by_counts(const PlaceRow& row, std::int64_t rows, float* out);

/// Rows of one image beneath a row of places, and the part of its gradient that is wanted.
struct PoolSlopes {
  PlaceRow row;
  std::int64_t rows = 0;         ///< of the window inside of the image
  std::int64_t row_pixels = 0;   ///< from one of them to the next
  const float* x = nullptr;      ///< the first of them; of max pooling
  const float* slope = nullptr;  ///< [places][16]
  float* dx = nullptr;           ///< the gradient of a band of pixels
  std::int64_t first = 0;        ///< where in the band the pixel at `x` is, or would be
  std::int64_t pixels = 0;       ///< of the band
};
void add_max_slopes(const PoolSlopes& slopes);
void add_average_slopes(const PoolSlopes& slopes);

}  // namespace carnyx::kernels
