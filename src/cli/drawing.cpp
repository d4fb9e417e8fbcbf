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

/// Red, green and blue in [0, 1].
using Pixel = std::array<double, 3>;

/// One sample as a grid of pixels.
struct Grid {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<Pixel> pixels;

  /// The one below the last row is the last one again.
  [[nodiscard]] const Pixel& at(std::int64_t row, std::int64_t column) const {
    return pixels[static_cast<std::size_t>(std::min(row, rows - 1) * columns + column)];
  }
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

/// The mean of the pixels that fall into each cell. Two channels are grey and something else; a
/// fourth is transparency.
Grid shrunk(const Dataset& data, std::int64_t index, std::int64_t most_columns) {
  const Extent extent = extent_of(data.sample_shape());
  const std::int64_t step =
      (std::max(extent.columns, extent.rows) + most_columns - 1) / most_columns;
  Grid grid{.rows = (extent.rows + step - 1) / step, .columns = (extent.columns + step - 1) / step};
  grid.pixels.resize(static_cast<std::size_t>(grid.rows * grid.columns));
  std::vector<double> counts(grid.pixels.size());
  const std::int64_t first = index * extent.rows * extent.columns;
  for (std::int64_t i = 0; i < extent.rows * extent.columns; ++i) {
    const auto cell = static_cast<std::size_t>(i / extent.columns / step * grid.columns +
                                               i % extent.columns / step);
    for (std::int64_t c = 0; c < 3; ++c) {
      const std::int64_t channel = extent.channels < 3 ? 0 : c;
      grid.pixels[cell][static_cast<std::size_t>(c)] +=
          data.x.at((first + i) * extent.channels + channel) / static_cast<double>(data.divisor);
    }
    ++counts[cell];
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    for (double& value : grid.pixels[i]) value /= counts[i];
  }
  return grid;
}

/// 0 to 255; what is no number is dark.
int level_of(double brightness) {
  if (!(brightness > 0)) return 0;
  return static_cast<int>(std::lround(std::min(brightness, 1.0) * 255));
}

std::size_t shade_of(const Pixel& upper, const Pixel& lower) {
  double sum = 0;
  for (std::size_t c = 0; c < 3; ++c) sum += upper[c] + lower[c];
  if (!(sum > 0)) return 0;
  return static_cast<std::size_t>(std::min(4.0, std::ceil(sum / 6 * 4)));
}

using Rgb = std::array<int, 3>;

int distance(const Rgb& a, const Rgb& b) {
  int sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

/// The nearest of xterm's colours 16 to 255: a cube of 6 x 6 x 6, then a ramp of 24 greys.
int palette_index(const Rgb& wanted) {
  constexpr std::array<int, 6> kLevels = {0, 95, 135, 175, 215, 255};
  Rgb nearest{};
  int cube = 0;
  for (std::size_t c = 0; c < wanted.size(); ++c) {
    const int level = wanted[c] < 48 ? 0 : wanted[c] < 115 ? 1 : (wanted[c] - 35) / 40;
    nearest[c] = kLevels[static_cast<std::size_t>(level)];
    cube = 6 * cube + level;
  }
  const int mean = (wanted[0] + wanted[1] + wanted[2]) / 3;
  const int step = std::clamp((mean - 3) / 10, 0, 23);
  const int grey = 8 + 10 * step;
  const bool is_grey = distance(wanted, {grey, grey, grey}) < distance(wanted, nearest);
  return is_grey ? 232 + step : 16 + cube;
}

/// A pixel as the last numbers of "select graphic rendition" (ECMA-48).
std::string colour_code(const Pixel& pixel, Ink ink) {
  const Rgb rgb = {level_of(pixel[0]), level_of(pixel[1]), level_of(pixel[2])};
  if (ink == Ink::Palette) return format("5;{}", palette_index(rgb));
  return format("2;{};{};{}", rgb[0], rgb[1], rgb[2]);
}

std::string draw_cell(const Pixel& upper, const Pixel& lower, Ink ink) {
  if (ink == Ink::Letters) return std::string(kLetters[shade_of(upper, lower)]);
  if (ink == Ink::Blocks) return std::string(kBlocks[shade_of(upper, lower)]);
  return "\033[38;" + colour_code(upper, ink) + ";48;" + colour_code(lower, ink) + "m\u2580";
}

/// `text` with blanks up to `width` characters.
std::string padded(std::string text, std::int64_t width) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (size < width) text.append(static_cast<std::size_t>(width - size), ' ');
  return text;
}

std::string label_of(const Dataset& data,
                     const std::vector<std::string>& class_names,
                     std::int64_t index) {
  const double label = data.y.at(index);
  const bool is_named = data.classes > 0 && label < static_cast<double>(class_names.size());
  return is_named ? class_names[static_cast<std::size_t>(label)] : format("{}", label);
}

}  // namespace

Ink ink_of(bool has_utf8, bool has_color, std::string_view color_term) {
  if (!has_utf8) return Ink::Letters;
  if (!has_color) return Ink::Blocks;
  return color_term == "truecolor" || color_term == "24bit" ? Ink::Rgb : Ink::Palette;
}

std::vector<std::string> draw_sample(const Dataset& data,
                                     std::int64_t index,
                                     std::int64_t most_columns,
                                     Ink ink) {
  const Grid grid = shrunk(data, index, std::max<std::int64_t>(most_columns, 1));
  std::vector<std::string> lines;
  for (std::int64_t row = 0; row < grid.rows; row += 2) {
    std::string line;
    for (std::int64_t column = 0; column < grid.columns; ++column) {
      line += draw_cell(grid.at(row, column), grid.at(row + 1, column), ink);
    }
    if (ink == Ink::Palette || ink == Ink::Rgb) line += "\033[0m";
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string draw_samples(const Dataset& data,
                         const std::vector<std::string>& class_names,
                         std::int64_t count,
                         std::int64_t columns,
                         Ink ink) {
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
      std::vector<std::string> sample = draw_sample(data, i, side, ink);
      sample.insert(sample.begin(),
                    padded(format("{}: {}", i, label_of(data, class_names, i)), width));
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
