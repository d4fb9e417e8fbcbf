// What batch normalization does with the strips of one panel: column by column, all rows alike.
#pragma once

#include <cstdint>

namespace carnyx::kernels {

/// mean[16], and spread[16] = the sum of squared distances from it, of `rows` > 0 rows.
void strip_moments(const float* strip, std::int64_t rows, float* mean, float* spread);

/// sums[16] of the slope, and products[16] of slope * (x - mean).
void strip_products(const float* slope,
                    const float* x,
                    std::int64_t rows,
                    const float* mean,
                    float* sums,
                    float* products);

/// Rows of one panel that a strip is normalized by, [16] each.
struct NormalizingRows {
  const float *mean, *scale, *shift;
};
/// x = (x - mean) * scale + shift.
void normalize_strip(float* x, std::int64_t rows, const NormalizingRows& by);

/// And by which the gradient is made.
struct SlopeRows {
  const float *mean, *slope, *distance, *shift;
};
/// slope = slope * by.slope + (x - mean) * by.distance + shift.
void normalize_slope_strip(float* slope, const float* x, std::int64_t rows, const SlopeRows& by);

}  // namespace carnyx::kernels
