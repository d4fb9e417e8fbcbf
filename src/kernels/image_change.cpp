#include "carnyx/kernels/image_change.h"

#include <algorithm>
#include <cmath>

#include "carnyx/base/ensure.h"
#include "carnyx/base/rng.h"

namespace carnyx::kernels {
namespace {

constexpr double kUnit = 0x1p-32;

double begin_of(const WindowDraw& window, std::uint32_t word, bool interpolates) {
  const double place = static_cast<double>(word) * kUnit;
  if (window.is_whole) {
    return window.least + std::floor(place * (window.most - window.least + 1));
  }
  const double begin = window.least + place * (window.most - window.least);
  return interpolates ? begin : std::round(begin);
}

/// In [-1, 1).
float around_zero(std::uint32_t word) {
  return static_cast<float>(static_cast<double>(word) * 2 * kUnit - 1);
}

std::int64_t below(std::uint32_t word, std::int64_t bound) {
  return static_cast<std::int64_t>(static_cast<double>(word) * kUnit * static_cast<double>(bound));
}

std::size_t offset(std::int64_t width,
                   std::int64_t channels,
                   std::int64_t row,
                   std::int64_t column) {
  return static_cast<std::size_t>((row * width + column) * channels);
}

/// f(index in the image or nothing, weight) for the pixels that make one of the result.
template <class F>
void for_each_part(const WindowPlace& row, const WindowPlace& column, F f) {
  for (const bool is_second_row : {false, true}) {
    const double row_weight = is_second_row ? row.weight : 1 - row.weight;
    if (row_weight == 0) continue;
    for (const bool is_second_column : {false, true}) {
      const double weight = row_weight * (is_second_column ? column.weight : 1 - column.weight);
      if (weight == 0) continue;
      f(is_second_row ? row.second : row.first,
        is_second_column ? column.second : column.first,
        weight);
    }
  }
}

/// f(result's first channel, row's place, column's place) for each pixel of the window.
template <class F>
void for_each_pixel(const ImageChange& change, const ImageDraw& draw, F f) {
  for (std::int64_t y = 0; y < change.new_height; ++y) {
    const WindowPlace row = window_place(change, true, draw.top, draw.is_upside_down, y);
    for (std::int64_t x = 0; x < change.new_width; ++x) {
      const WindowPlace column = window_place(change, false, draw.left, draw.is_mirrored, x);
      f(offset(change.new_width, change.channels, y, x), row, column);
    }
  }
}

void adjust(const ImageChange& change, const ImageDraw& draw, std::span<double> result) {
  const auto channels = static_cast<std::size_t>(change.channels);
  const double pixels = static_cast<double>(change.new_height * change.new_width);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    double mean = 0;
    for (std::size_t i = channel; i < result.size(); i += channels) mean += result[i] / pixels;
    for (std::size_t i = channel; i < result.size(); i += channels) {
      result[i] = (result[i] - mean) * double{draw.contrast} + mean + double{draw.brightness};
    }
  }
}

/// f(index in the result) for each element of the hole.
template <class F>
void for_each_in_hole(const ImageChange& change, const ImageDraw& draw, F f) {
  const HoleSpan rows = hole_span(draw.hole_row, change.hole, change.new_height);
  const HoleSpan columns = hole_span(draw.hole_column, change.hole, change.new_width);
  for (std::int64_t y = rows.begin; y < rows.end; ++y) {
    const std::size_t first = offset(change.new_width, change.channels, y, columns.begin);
    const std::size_t end = offset(change.new_width, change.channels, y, columns.end);
    for (std::size_t i = first; i < end; ++i) f(i);
  }
}

void standardise(std::span<double> result) {
  const auto count = static_cast<double>(result.size());
  double mean = 0;
  for (const double x : result) mean += x / count;
  double variance = 0;
  for (const double x : result) variance += (x - mean) * (x - mean) / count;
  const double deviation = std::max(std::sqrt(variance), 1 / std::sqrt(count));
  for (double& x : result) x = (x - mean) / deviation;
}

}  // namespace

ImageDraw draw_image(const ImageChange& change, const ImageKey& key) {
  const auto sample = static_cast<std::uint64_t>(key.sample);
  const auto block = [&](std::uint32_t which) {
    return philox({static_cast<std::uint32_t>(sample),
                   static_cast<std::uint32_t>(sample >> 32) << 1 | which,
                   key.time,
                   key.stream},
                  key.seed);
  };
  const auto window = block(0);
  const auto light = block(1);
  ImageDraw draw;
  draw.top = begin_of(change.top, window[0], change.interpolates);
  draw.left = begin_of(change.left, window[1], change.interpolates);
  draw.is_mirrored = change.flips_columns && (window[2] & 1U) != 0;
  draw.is_upside_down = change.flips_rows && (window[2] & (change.flips_together ? 1U : 2U)) != 0;
  draw.contrast = 1 + change.contrast * around_zero(light[0]);
  draw.brightness = change.brightness * around_zero(light[1]);
  draw.hole_row = below(light[2], change.new_height);
  draw.hole_column = below(light[3], change.new_width);
  return draw;
}

WindowPlace window_place(
    const ImageChange& change, bool is_row, double begin, bool is_mirrored, std::int64_t at) {
  const std::int64_t size = is_row ? change.height : change.width;
  const std::int64_t new_size = is_row ? change.new_height : change.new_width;
  const double whole = std::floor(begin);
  const std::int64_t first =
      (is_mirrored ? new_size - 1 - at : at) + static_cast<std::int64_t>(whole);
  return {index_within(first, size, change.fill_mode),
          index_within(first + 1, size, change.fill_mode),
          begin - whole};
}

HoleSpan hole_span(std::int64_t middle, std::int64_t side, std::int64_t size) {
  const std::int64_t begin = middle - side / 2;
  return {std::clamp<std::int64_t>(begin, 0, size),
          std::clamp<std::int64_t>(begin + side, 0, size)};
}

void change_image(const ImageChange& change,
                  const ImageDraw& draw,
                  std::span<const double> image,
                  std::span<double> result) {
  for_each_pixel(
      change, draw, [&](std::size_t to, const WindowPlace& row, const WindowPlace& column) {
        for (std::int64_t c = 0; c < change.channels; ++c) {
          double sum = 0;
          for_each_part(row, column, [&](std::int64_t y, std::int64_t x, double weight) {
            const bool is_inside = y >= 0 && x >= 0;
            sum += weight * (is_inside ? image[offset(change.width, change.channels, y, x) +
                                               static_cast<std::size_t>(c)]
                                       : double{change.fill_value});
          });
          result[to + static_cast<std::size_t>(c)] = sum;
        }
      });
  if (change.contrast != 0 || change.brightness != 0) adjust(change, draw, result);
  if (change.hole > 0) {
    for_each_in_hole(change, draw, [&](std::size_t i) { result[i] = double{change.hole_value}; });
  }
  if (change.standardises) standardise(result);
}

void change_image_gradient(const ImageChange& change,
                           const ImageDraw& draw,
                           std::span<const double> slope,
                           std::span<double> image_slope) {
  CARNYX_ENSURE(change.contrast == 0 && change.brightness == 0 && !change.standardises);
  std::ranges::fill(image_slope, 0.0);
  const HoleSpan rows = hole_span(draw.hole_row, change.hole, change.new_height);
  const HoleSpan columns = hole_span(draw.hole_column, change.hole, change.new_width);
  const auto in_hole = [&](std::int64_t pixel) {
    const std::int64_t y = pixel / change.new_width;
    const std::int64_t x = pixel % change.new_width;
    return y >= rows.begin && y < rows.end && x >= columns.begin && x < columns.end;
  };
  for_each_pixel(
      change, draw, [&](std::size_t from, const WindowPlace& row, const WindowPlace& column) {
        if (in_hole(static_cast<std::int64_t>(from) / change.channels)) return;
        for_each_part(row, column, [&](std::int64_t y, std::int64_t x, double weight) {
          if (y < 0 || x < 0) return;
          const std::size_t to = offset(change.width, change.channels, y, x);
          for (std::size_t c = 0; c < static_cast<std::size_t>(change.channels); ++c) {
            image_slope[to + c] += weight * slope[from + c];
          }
        });
      });
}

}  // namespace carnyx::kernels
