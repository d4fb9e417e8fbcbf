#include "kernels/cpu/column_strips.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/column_strips.cpp"  // NOLINT(readability-identifier-naming)

#include "carnyx/kernels/format.h"

#include "kernels/cpu/targets.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kPanel>;
using FloatVector = hn::Vec<Floats>;
constexpr std::int64_t kLanes = hn::MaxLanes(Floats());
constexpr std::int64_t kSums = 4;  // hide the additions' latency

/// The sum over rows of add(sum so far, offset of the row), in four sums, each over every fourth
/// row, then ((0+1)+(2+3)).
template <class Add>
HWY_INLINE FloatVector sum_over_rows(std::int64_t rows, const Add& add) {
  const Floats d;
  FloatVector sums[kSums] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  std::int64_t row = 0;
  for (; row + kSums <= rows; row += kSums) {
    HWY_UNROLL(4) for (std::int64_t i = 0; i < kSums; ++i) {
      sums[i] = add(sums[i], (row + i) * kPanel);
    }
  }
  for (; row < rows; ++row) sums[0] = add(sums[0], row * kPanel);
  return hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
}

void moments(const float* strip, std::int64_t rows, float* mean, float* spread) {
  const Floats d;
  for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
    const float* x = strip + lane;
    const auto total = sum_over_rows(rows, [&](auto sum, std::int64_t at) HWY_ATTR {
      return hn::Add(sum, hn::LoadU(d, x + at));
    });
    const auto center = hn::Div(total, hn::Set(d, static_cast<float>(rows)));
    const auto squares = sum_over_rows(rows, [&](auto sum, std::int64_t at) HWY_ATTR {
      const auto distance = hn::Sub(hn::LoadU(d, x + at), center);
      return hn::MulAdd(distance, distance, sum);
    });
    hn::StoreU(center, d, mean + lane);
    hn::StoreU(squares, d, spread + lane);
  }
}

void products(const float* slope,
              const float* x,
              std::int64_t rows,
              const float* mean,
              float* slopes,
              float* products) {
  const Floats d;
  for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
    const auto center = hn::LoadU(d, mean + lane);
    const auto total = sum_over_rows(rows, [&](auto sum, std::int64_t at) HWY_ATTR {
      return hn::Add(sum, hn::LoadU(d, slope + lane + at));
    });
    const auto along = sum_over_rows(rows, [&](auto sum, std::int64_t at) HWY_ATTR {
      const auto distance = hn::Sub(hn::LoadU(d, x + lane + at), center);
      return hn::MulAdd(hn::LoadU(d, slope + lane + at), distance, sum);
    });
    hn::StoreU(total, d, slopes + lane);
    hn::StoreU(along, d, products + lane);
  }
}

void normalize(float* x, std::int64_t rows, const NormalizingRows& by) {
  const Floats d;
  for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
    const auto mean = hn::LoadU(d, by.mean + lane);
    const auto scale = hn::LoadU(d, by.scale + lane);
    const auto shift = hn::LoadU(d, by.shift + lane);
    float* at = x + lane;
    for (std::int64_t row = 0; row < rows; ++row, at += kPanel) {
      hn::StoreU(hn::MulAdd(hn::Sub(hn::LoadU(d, at), mean), scale, shift), d, at);
    }
  }
}

void normalize_slope(float* slope, const float* x, std::int64_t rows, const SlopeRows& by) {
  const Floats d;
  for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
    const auto mean = hn::LoadU(d, by.mean + lane);
    const auto factor = hn::LoadU(d, by.slope + lane);
    const auto distance = hn::LoadU(d, by.distance + lane);
    const auto shift = hn::LoadU(d, by.shift + lane);
    for (std::int64_t at = lane; at < rows * kPanel; at += kPanel) {
      const auto across = hn::MulAdd(hn::Sub(hn::LoadU(d, x + at), mean), distance, shift);
      hn::StoreU(hn::MulAdd(hn::LoadU(d, slope + at), factor, across), d, slope + at);
    }
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(moments);
HWY_EXPORT(products);
HWY_EXPORT(normalize);
HWY_EXPORT(normalize_slope);

void strip_moments(const float* strip, std::int64_t rows, float* mean, float* spread) {
  HWY_DYNAMIC_DISPATCH(moments)(strip, rows, mean, spread);
}

void strip_products(const float* slope,
                    const float* x,
                    std::int64_t rows,
                    const float* mean,
                    float* sums,
                    float* products) {
  HWY_DYNAMIC_DISPATCH(products)(slope, x, rows, mean, sums, products);
}

void normalize_strip(float* x, std::int64_t rows, const NormalizingRows& by) {
  HWY_DYNAMIC_DISPATCH(normalize)(x, rows, by);
}

void normalize_slope_strip(float* slope, const float* x, std::int64_t rows, const SlopeRows& by) {
  HWY_DYNAMIC_DISPATCH(normalize_slope)(slope, x, rows, by);
}

}  // namespace carnyx::kernels
#endif
