#pragma once

#include <cstdint>

namespace carnyx::kernels {

/// One row of a layer normalization, 64-byte aligned, `padded` elements each: a multiple of kPanel.
/// Of x, gamma and the slope what is past `columns` is zero.
struct NormRow {
  std::int64_t columns = 0;
  std::int64_t padded = 0;
  float epsilon = 0;
  bool keeps_mean = false;
  const float* x = nullptr;
  const float* gamma = nullptr;
};

/// y = normalized x * gamma + beta; y may be x. `spare` holds a row.
void normalize_row(const NormRow& row, const float* beta, float* spare, float* y);

/// The gradient of x, into dx, which may be `slope`, and slope * normalized x added to `gamma_sum`,
/// slope to `beta_sum`.
void normalize_row_gradient(const NormRow& row,
                            const float* slope,
                            float* spare,
                            float* dx,
                            float* gamma_sum,
                            float* beta_sum);

}  // namespace carnyx::kernels
