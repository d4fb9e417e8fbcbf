#include "cli/drawing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "carnyx/base/format.h"

namespace carnyx::cli {
namespace {

constexpr std::int64_t kMostSide = 32;
constexpr std::array<std::string_view, 5> kBlocks = {" ", "\u2591", "\u2592", "\u2593", "\u2588"};
constexpr std::array<std::string_view, 5> kLetters = {" ", ".", ":", "+", "#"};

/// One sample as a grid of brightness in [0, 1].
struct Grid {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<double> values;
};

struct Extent {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t channels = 1;
};

Extent extent_of(const Shape& sample) {
  if (sample.rank() == 2) return {sample[0], sample[1], 1};
  if (sample.rank() == 3 && sample[2] <= 4) return {sample[0], sample[1], sample[2]};
  return {1, sample.elements(), 1};
}

/// The mean of the pixels that fall into each cell.
Grid shrunk(const Dataset& data, std::int64_t index, std::int64_t most_columns) {
  const Extent extent = extent_of(data.sample_shape());
  const std::int64_t step =
      (std::max(extent.columns, extent.rows) + most_columns - 1) / most_columns;
  Grid grid{.rows = (extent.rows + step - 1) / step, .columns = (extent.columns + step - 1) / step};
  grid.values.resize(static_cast<std::size_t>(grid.rows * grid.columns));
  std::vector<std::int64_t> counts(grid.values.size());
  const std::int64_t first = index * extent.rows * extent.columns * extent.channels;
  for (std::int64_t i = 0; i < extent.rows * extent.columns * extent.channels; ++i) {
    const std::int64_t pixel = i / extent.channels;
    const auto cell = static_cast<std::size_t>(pixel / extent.columns / step * grid.columns +
                                               pixel % extent.columns / step);
    grid.values[cell] += data.x.at(first + i) / static_cast<double>(data.divisor);
    ++counts[cell];
  }
  for (std::size_t i = 0; i < counts.size(); ++i) grid.values[i] /= static_cast<double>(counts[i]);
  return grid;
}

std::size_t shade_of(double brightness) {
  if (!(brightness > 0)) return 0;
  return static_cast<std::size_t>(std::min(4.0, std::ceil(brightness * 4)));
}

/// `text` with blanks up to `width` characters.
std::string padded(std::string text, std::int64_t width) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (size < width) text.append(static_cast<std::size_t>(width - size), ' ');
  return text;
}

}  // namespace

std::vector<std::string> draw_sample(const Dataset& data,
                                     std::int64_t index,
                                     std::int64_t most_columns,
                                     bool has_utf8) {
  const Grid grid = shrunk(data, index, std::max<std::int64_t>(most_columns, 1));
  const auto& shades = has_utf8 ? kBlocks : kLetters;
  std::vector<std::string> lines;
  for (std::int64_t row = 0; row < grid.rows; row += 2) {
    std::string line;
    for (std::int64_t column = 0; column < grid.columns; ++column) {
      const auto upper = static_cast<std::size_t>(row * grid.columns + column);
      const bool has_lower = row + 1 < grid.rows;
      const double lower = has_lower ? grid.values[upper + static_cast<std::size_t>(grid.columns)]
                                     : grid.values[upper];
      line += shades[shade_of((grid.values[upper] + lower) / 2)];
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string draw_samples(const Dataset& data,
                         std::int64_t count,
                         std::int64_t columns,
                         bool has_utf8) {
  const std::int64_t side = std::min(kMostSide, std::max<std::int64_t>(columns, 1));
  const Extent extent = extent_of(data.sample_shape());
  const std::int64_t step = (std::max(extent.columns, extent.rows) + side - 1) / side;
  const std::int64_t width = (extent.columns + step - 1) / step;
  const std::int64_t across = std::max<std::int64_t>(1, (columns + 2) / (width + 2));
  count = std::min(count, data.samples());
  std::string text;
  for (std::int64_t first = 0; first < count; first += across) {
    std::vector<std::string> lines;
    for (std::int64_t i = first; i < std::min(count, first + across); ++i) {
      std::vector<std::string> sample = draw_sample(data, i, side, has_utf8);
      sample.insert(sample.begin(), padded(format("{}: {}", i, data.y.at(i)), width));
      lines.resize(sample.size());
      for (std::size_t l = 0; l < sample.size(); ++l) {
        lines[l] += (i == first ? "" : "  ") + sample[l];
      }
    }
    for (const std::string& line : lines) text += line + "\n";
  }
  return text;
}

}  // namespace carnyx::cli
