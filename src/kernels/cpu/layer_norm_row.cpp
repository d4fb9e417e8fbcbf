// With c = x - mean, r = 1 / sqrt(mean(c^2) + epsilon) and g = slope * gamma:
//   y = c r gamma + beta,  dx = r (g - mean(g) - c r^2 mean(g c)),
// and where the mean is kept, y = x r gamma + beta, dx = r (g - c r^2 mean(g x)).
#include "kernels/cpu/layer_norm_row.h"

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(readability-identifier-naming)
#define HWY_TARGET_INCLUDE "kernels/cpu/layer_norm_row.cpp"

#include <algorithm>
#include <cmath>

#include "carnyx/kernels/format.h"

#include "kernels/cpu/targets.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kPanel>;
using FloatVector = hn::Vec<Floats>;
constexpr std::int64_t kLanes = HWY_MIN(HWY_LANES(float), kPanel);

HWY_INLINE float total(FloatVector sum) {
  return hn::GetLane(hn::SumOfLanes(Floats(), sum));
}

/// Writes x less its mean, zero past the last column, and returns 1 / deviation.
HWY_INLINE float center(const NormRow& row, float* centered) {
  const Floats d;
  const auto count = static_cast<float>(row.columns);
  FloatVector sum = hn::Zero(d);
  for (std::int64_t i = 0; i < row.padded; i += kLanes) sum = hn::Add(sum, hn::Load(d, row.x + i));
  const auto mean = hn::Set(d, total(sum) / count);
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    hn::Store(hn::Sub(hn::Load(d, row.x + i), mean), d, centered + i);
  }
  std::fill(centered + row.columns, centered + row.padded, 0.0F);
  FloatVector squares = hn::Zero(d);
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    const auto c = hn::Load(d, centered + i);
    squares = hn::MulAdd(c, c, squares);
  }
  const float spread = total(squares) / count + row.epsilon;
  return spread == 0 ? 0 : 1 / std::sqrt(spread);
}

void normalize(const NormRow& row, const float* beta, float* spare, float* y) {
  const Floats d;
  const auto inverse = hn::Set(d, center(row, spare));
  const float* from = row.keeps_mean ? row.x : spare;
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    const auto scale = hn::Mul(inverse, hn::Load(d, row.gamma + i));
    hn::Store(hn::MulAdd(hn::Load(d, from + i), scale, hn::Load(d, beta + i)), d, y + i);
  }
}

void gradient(const NormRow& row,
              const float* slope,
              float* spare,
              float* dx,
              float* gamma_sum,
              float* beta_sum) {
  const Floats d;
  const auto count = static_cast<float>(row.columns);
  const float inverse = center(row, spare);
  const auto r = hn::Set(d, inverse);
  const float* from = row.keeps_mean ? row.x : spare;
  FloatVector slopes = hn::Zero(d);
  FloatVector products = hn::Zero(d);
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    const auto dy = hn::Load(d, slope + i);
    const auto x = hn::Load(d, from + i);
    const auto g = hn::Mul(dy, hn::Load(d, row.gamma + i));
    slopes = hn::Add(slopes, g);
    products = hn::MulAdd(g, x, products);
    hn::Store(hn::MulAdd(dy, hn::Mul(x, r), hn::Load(d, gamma_sum + i)), d, gamma_sum + i);
    hn::Store(hn::Add(hn::Load(d, beta_sum + i), dy), d, beta_sum + i);
  }
  const auto mean = hn::Set(d, row.keeps_mean ? 0 : total(slopes) / count);
  const auto along = hn::Set(d, inverse * inverse * (total(products) / count));
  for (std::int64_t i = 0; i < row.padded; i += kLanes) {
    const auto g = hn::Mul(hn::Load(d, slope + i), hn::Load(d, row.gamma + i));
    const auto across = hn::NegMulAdd(hn::Load(d, spare + i), along, hn::Sub(g, mean));
    hn::Store(hn::Mul(r, across), d, dx + i);
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(normalize);
HWY_EXPORT(gradient);

void normalize_row(const NormRow& row, const float* beta, float* spare, float* y) {
  HWY_DYNAMIC_DISPATCH(normalize)(row, beta, spare, y);
}

void normalize_row_gradient(const NormRow& row,
                            const float* slope,
                            float* spare,
                            float* dx,
                            float* gamma_sum,
                            float* beta_sum) {
  HWY_DYNAMIC_DISPATCH(gradient)(row, slope, spare, dx, gamma_sum, beta_sum);
}

}  // namespace carnyx::kernels
#endif
