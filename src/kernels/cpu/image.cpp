// Line by line: a line of the image becomes float32, is joined with the next one where the window
// begins between them, and its pixels are put where they belong. What looks at the whole image
// comes after, while it is in L1.
#include "kernels/cpu/image.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/image.cpp"  // NOLINT(readability-identifier-naming)

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "carnyx/base/ensure.h"

#include "kernels/cpu/targets.h"
// Once for each of the targets.
#include "kernels/cpu/quotient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = QuotientFloats;
constexpr std::int64_t kLanes = kQuotientLanes;

template <class T>
HWY_INLINE void divide_line(const ImageScaling& scaling,
                            const T* from,
                            std::int64_t count,
                            float* to) {
  const Floats d;
  const auto divisor = hn::Set(d, scaling.divisor);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto x = load_as_float(from + i);
    const auto quotient =
        scaling.multiplies ? corrected_quotient(x, scaling.divisor) : hn::Div(x, divisor);
    hn::StoreU(quotient, d, to + i);
  }
  for (; i < count; ++i) to[i] = static_cast<float>(from[i]) / scaling.divisor;
}

/// One image on its way.
template <class T>
struct Window {
  const ImageChange& change;
  const ImageDraw& draw;
  const ImageScaling& scaling;
  const T* image;
  float* line;       ///< a line of the image
  float* next_line;  ///< and the one after it

  void read_line(std::int64_t row, float* to) const {
    const std::int64_t count = change.width * change.channels;
    if (row < 0) {
      std::fill_n(to, count, change.fill_value);
    } else {
      divide_line(scaling, image + row * count, count, to);
    }
  }

  /// line = first + weight * (second - first).
  void join_lines(float weight) const {
    for (std::int64_t i = 0; i < change.width * change.channels; ++i) {
      line[i] = (1 - weight) * line[i] + weight * next_line[i];
    }
  }

  [[nodiscard]] HWY_INLINE const float* pixel(std::int64_t column) const {
    return line + column * change.channels;
  }

  /// Column x of the result from the line's pixel that lies there.
  HWY_INLINE void put_edge(std::int64_t x, float* to) const {
    const auto place = window_place(change, false, draw.left, draw.is_mirrored, x);
    const auto weight = static_cast<float>(place.weight);
    for (std::int64_t c = 0; c < change.channels; ++c) {
      const float first = place.first < 0 ? change.fill_value : pixel(place.first)[c];
      const float second = place.second < 0 ? change.fill_value : pixel(place.second)[c];
      to[x * change.channels + c] = weight == 0 ? first : (1 - weight) * first + weight * second;
    }
  }

  /// Columns [begin, end) of the result, of which each lies inside the image.
  HWY_INLINE void put_inside(std::int64_t begin,
                             std::int64_t end,
                             std::int64_t left,
                             float* to) const {
    const std::int64_t channels = change.channels;
    if (!draw.is_mirrored) {
      std::copy_n(pixel(begin + left), (end - begin) * channels, to + begin * channels);
      return;
    }
    const std::int64_t first = change.new_width - 1 - begin + left;
    for (std::int64_t x = begin; x < end; ++x) {
      const float* const from = pixel(first - (x - begin));
      if (channels == 3) {  // not a loop: most images have three
        to[3 * x] = from[0];
        to[3 * x + 1] = from[1];
        to[3 * x + 2] = from[2];
      } else {
        std::copy_n(from, channels, to + x * channels);
      }
    }
  }

  void put_line(float* to) const {
    const auto left = static_cast<std::int64_t>(std::floor(draw.left));
    // Where the window's columns lie in the image, had it not been mirrored.
    std::int64_t begin = std::clamp<std::int64_t>(-left, 0, change.new_width);
    std::int64_t end = std::clamp<std::int64_t>(change.width - left, begin, change.new_width);
    if (draw.left != static_cast<double>(left)) end = begin;  // between pixels: one by one
    if (draw.is_mirrored) {
      const std::int64_t mirrored = change.new_width - end;
      end = change.new_width - begin;
      begin = mirrored;
    }
    if (end > begin) put_inside(begin, end, left, to);
    for (std::int64_t x = 0; x < begin; ++x) put_edge(x, to);
    for (std::int64_t x = end; x < change.new_width; ++x) put_edge(x, to);
  }

  void put(float* result) const {
    const bool is_direct = draw.left == 0 && !draw.is_mirrored && change.new_width == change.width;
    for (std::int64_t y = 0; y < change.new_height; ++y) {
      float* const to = result + y * change.new_width * change.channels;
      const auto row = window_place(change, true, draw.top, draw.is_upside_down, y);
      if (is_direct && row.weight == 0) {
        read_line(row.first, to);
        continue;
      }
      read_line(row.first, line);
      if (row.weight != 0) {
        read_line(row.second, next_line);
        join_lines(static_cast<float>(row.weight));
      }
      put_line(to);
    }
  }
};

void adjust(const ImageChange& change, const ImageDraw& draw, float* result) {
  const std::int64_t count = change.new_elements();
  const auto pixels = static_cast<double>(change.new_height * change.new_width);
  for (std::int64_t channel = 0; channel < change.channels; ++channel) {
    double sum = 0;
    for (std::int64_t i = channel; i < count; i += change.channels) sum += double{result[i]};
    const auto mean = static_cast<float>(sum / pixels);
    for (std::int64_t i = channel; i < count; i += change.channels) {
      result[i] = (result[i] - mean) * draw.contrast + mean + draw.brightness;
    }
  }
}

void cut_hole(const ImageChange& change, const ImageDraw& draw, float* result) {
  const HoleSpan rows = hole_span(draw.hole_row, change.hole, change.new_height);
  const HoleSpan columns = hole_span(draw.hole_column, change.hole, change.new_width);
  for (std::int64_t y = rows.begin; y < rows.end; ++y) {
    std::fill_n(result + (y * change.new_width + columns.begin) * change.channels,
                (columns.end - columns.begin) * change.channels,
                change.hole_value);
  }
}

/// The sum of f(x) over all elements: two chains, since one waits for its own additions.
template <class F>
HWY_INLINE float sum_of(const float* x, std::int64_t count, F f) {
  const Floats d;
  auto even = hn::Zero(d);
  auto odd = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    even = f(hn::LoadU(d, x + i), even);
    odd = f(hn::LoadU(d, x + i + kLanes), odd);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
  for (; i < count; ++i) sum += hn::GetLane(f(hn::Set(d, x[i]), hn::Zero(d)));
  return sum;
}

void standardise(float* x, std::int64_t count) {
  const Floats d;
  const auto elements = static_cast<float>(count);
  const float mean =
      sum_of(x, count, [](auto v, auto sum) HWY_ATTR { return hn::Add(sum, v); }) / elements;
  const auto middle = hn::Set(d, mean);
  const float squares = sum_of(x, count, [middle](auto v, auto sum) HWY_ATTR {
    const auto distance = hn::Sub(v, middle);
    return hn::MulAdd(distance, distance, sum);
  });
  const float deviation = std::max(std::sqrt(squares / elements), 1 / std::sqrt(elements));
  const float factor = 1 / deviation;
  const auto factors = hn::Set(d, factor);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hn::StoreU(hn::Mul(hn::Sub(hn::LoadU(d, x + i), middle), factors), d, x + i);
  }
  for (; i < count; ++i) x[i] = (x[i] - mean) * factor;
}

void scale_and_shift(const ImageScaling& scaling, float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] * scaling.scale + scaling.shift;
}

void change_image(const ImageChange& change,
                  const ImageDraw& draw,
                  const ImageScaling& scaling,
                  DType dtype,
                  const std::byte* image,
                  float* spare,
                  float* result) {
  float* const next_line = spare + image_spare(change) / 2;
  const auto put = [&](const auto* pixels) {
    using T = std::remove_cvref_t<decltype(*pixels)>;
    Window<T>{change, draw, scaling, pixels, spare, next_line}.put(result);
  };
  if (dtype == DType::Uint8) {
    put(reinterpret_cast<const std::uint8_t*>(image));
  } else {
    put(reinterpret_cast<const float*>(image));
  }
  if (change.contrast != 0 || change.brightness != 0) adjust(change, draw, result);
  if (change.hole > 0) cut_hole(change, draw, result);
  if (change.standardises) standardise(result, change.new_elements());
  if (scaling.scale != 1 || scaling.shift != 0) {
    scale_and_shift(scaling, result, change.new_elements());
  }
}

bool are_quotients_exact(float divisor) {
  return quotients_are_exact(divisor);
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(change_image);
HWY_EXPORT(are_quotients_exact);

std::int64_t image_spare(const ImageChange& change) {
  return 2 * panel_count(change.width * change.channels) * kPanel;
}

void change_image_to_float(const ImageChange& change,
                           const ImageDraw& draw,
                           const ImageScaling& scaling,
                           DType dtype,
                           const std::byte* image,
                           float* spare,
                           float* result) {
  CARNYX_ENSURE(dtype == DType::Uint8 || dtype == DType::Float32);
  HWY_DYNAMIC_DISPATCH(change_image)(change, draw, scaling, dtype, image, spare, result);
}

bool divides_bytes_by_multiplying(float divisor) {
  return HWY_DYNAMIC_DISPATCH(are_quotients_exact)(divisor);
}

}  // namespace carnyx::kernels
#endif
