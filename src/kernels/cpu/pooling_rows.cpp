#include "kernels/cpu/pooling_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pooling_rows.cpp"  // NOLINT(readability-identifier-naming)

#include <algorithm>
#include <limits>

#include "kernels/cpu/targets.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kPanel>;
using FloatVector = hn::Vec<Floats>;
constexpr std::int64_t kLanes = hn::MaxLanes(Floats());
constexpr std::int64_t kVectors = kPanel / kLanes;

struct Largest {
  static constexpr float kStart = -std::numeric_limits<float>::infinity();
  HWY_INLINE FloatVector operator()(FloatVector so_far, FloatVector x) const {
    return hn::IfThenElse(hn::Gt(x, so_far), x, so_far);
  }
};
struct Total {
  static constexpr float kStart = 0;
  HWY_INLINE FloatVector operator()(FloatVector so_far, FloatVector x) const {
    return hn::Add(so_far, x);
  }
};

template <class Join>
HWY_INLINE void pool(const PlaceRow& row, const float* image_row, bool is_first, float* out) {
  const Floats d;
  const Join join;
  for (std::int64_t place = 0; place < row.places; ++place, out += kPanel) {
    const std::int64_t column = row.column(place);
    const PlaceRow::Taps taps = row.inside(column);
    FloatVector sums[kVectors];
    for (std::int64_t v = 0; v < kVectors; ++v) {
      sums[v] = is_first ? hn::Set(d, Join::kStart) : hn::LoadU(d, out + v * kLanes);
    }
    const float* x = image_row + (column + taps.first * row.dilation) * kPanel;
    for (std::int64_t tap = taps.first; tap < taps.end; ++tap, x += row.dilation * kPanel) {
      for (std::int64_t v = 0; v < kVectors; ++v) {
        sums[v] = join(sums[v], hn::LoadU(d, x + v * kLanes));
      }
    }
    for (std::int64_t v = 0; v < kVectors; ++v) hn::StoreU(sums[v], d, out + v * kLanes);
  }
}

void pool_largest(const PlaceRow& row, const float* image_row, bool is_first, float* out) {
  pool<Largest>(row, image_row, is_first, out);
}
void pool_total(const PlaceRow& row, const float* image_row, bool is_first, float* out) {
  pool<Total>(row, image_row, is_first, out);
}

HWY_INLINE float inverse_count(const PlaceRow& row, std::int64_t rows, std::int64_t place) {
  const PlaceRow::Taps taps = row.inside(row.column(place));
  return 1 / static_cast<float>(rows * std::max<std::int64_t>(0, taps.end - taps.first));
}

void divide(const PlaceRow& row, std::int64_t rows, float* out) {
  const Floats d;
  for (std::int64_t place = 0; place < row.places; ++place, out += kPanel) {
    const auto factor = hn::Set(d, inverse_count(row, rows, place));
    for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, out + lane), factor), d, out + lane);
    }
  }
}

/// f(pixel counted from x) for every tap of a place, row by row.
template <class F>
HWY_INLINE void for_each_tap(const PoolSlopes& slopes,
                             std::int64_t column,
                             PlaceRow::Taps taps,
                             const F& f) {
  for (std::int64_t row = 0; row < slopes.rows; ++row) {
    std::int64_t pixel = row * slopes.row_pixels + column + taps.first * slopes.row.dilation;
    for (std::int64_t tap = taps.first; tap < taps.end; ++tap, pixel += slopes.row.dilation) {
      f(pixel);
    }
  }
}

/// In each lane the number of the tap that has the first largest element.
HWY_INLINE FloatVector first_largest(const PoolSlopes& slopes,
                                     std::int64_t column,
                                     PlaceRow::Taps taps,
                                     std::int64_t lane) {
  const Floats d;
  FloatVector largest = hn::Zero(d);
  FloatVector where = hn::Zero(d);
  float tap = 0;
  for_each_tap(slopes, column, taps, [&](std::int64_t pixel) HWY_ATTR {
    const auto x = hn::LoadU(d, slopes.x + pixel * kPanel + lane);
    if (tap == 0) {
      largest = x;
    } else {
      const auto larger = hn::Gt(x, largest);
      largest = hn::IfThenElse(larger, x, largest);
      where = hn::IfThenElse(larger, hn::Set(d, tap), where);
    }
    ++tap;
  });
  return where;
}

void max_slopes(const PoolSlopes& slopes) {
  const Floats d;
  for (std::int64_t place = 0; place < slopes.row.places; ++place) {
    const std::int64_t column = slopes.row.column(place);
    const PlaceRow::Taps taps = slopes.row.inside(column);
    for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
      const auto where = first_largest(slopes, column, taps, lane);
      const auto slope = hn::LoadU(d, slopes.slope + place * kPanel + lane);
      float tap = 0;
      for_each_tap(slopes, column, taps, [&](std::int64_t pixel) HWY_ATTR {
        const auto is_there = hn::Eq(where, hn::Set(d, tap++));
        const std::int64_t at = slopes.first + pixel;
        if (at < 0 || at >= slopes.pixels) return;
        float* dx = slopes.dx + at * kPanel + lane;
        hn::StoreU(hn::Add(hn::LoadU(d, dx), hn::IfThenElseZero(is_there, slope)), d, dx);
      });
    }
  }
}

void average_slopes(const PoolSlopes& slopes) {
  const Floats d;
  for (std::int64_t place = 0; place < slopes.row.places; ++place) {
    const std::int64_t column = slopes.row.column(place);
    const PlaceRow::Taps taps = slopes.row.inside(column);
    const auto factor = hn::Set(d, inverse_count(slopes.row, slopes.rows, place));
    for (std::int64_t lane = 0; lane < kPanel; lane += kLanes) {
      const auto share = hn::Mul(hn::LoadU(d, slopes.slope + place * kPanel + lane), factor);
      for_each_tap(slopes, column, taps, [&](std::int64_t pixel) HWY_ATTR {
        const std::int64_t at = slopes.first + pixel;
        if (at < 0 || at >= slopes.pixels) return;
        float* dx = slopes.dx + at * kPanel + lane;
        hn::StoreU(hn::Add(hn::LoadU(d, dx), share), d, dx);
      });
    }
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(pool_largest);
HWY_EXPORT(pool_total);
HWY_EXPORT(divide);
HWY_EXPORT(max_slopes);
HWY_EXPORT(average_slopes);

void pool_row(
    Pooling kind, const PlaceRow& row, const float* image_row, bool is_first, float* out) {
  if (kind == Pooling::Max) {
    HWY_DYNAMIC_DISPATCH(pool_largest)(row, image_row, is_first, out);
  } else {
    HWY_DYNAMIC_DISPATCH(pool_total)(row, image_row, is_first, out);
  }
}

void divide_by_counts(const PlaceRow& row, std::int64_t rows, float* out) {
  HWY_DYNAMIC_DISPATCH(divide)(row, rows, out);
}

void add_max_slopes(const PoolSlopes& slopes) {
  HWY_DYNAMIC_DISPATCH(max_slopes)(slopes);
}

void add_average_slopes(const PoolSlopes& slopes) {
  HWY_DYNAMIC_DISPATCH(average_slopes)(slopes);
}

}  // namespace carnyx::kernels
#endif
