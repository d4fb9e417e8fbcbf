// A sample is drawn as a person writes: one of the known ways to write the digit, with an unsteady
// hand (its control points move), slanted, turned, stretched and off centre, with a thin or a thick
// pen; then stray strokes and grain are added. Only integers take part, see data/canvas.h.
#include "carnyx/data/synthetic_digits.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/rng.h"

#include "data/canvas.h"
#include "data/digit_glyphs.h"
#include "data/integer_draws.h"

namespace carnyx::datasets {
namespace {

constexpr std::int32_t kDigitSide = 28;
constexpr std::int32_t kPixels = kDigitSide * kDigitSide;
constexpr std::int32_t kCentre = kDigitSide * 128;  // in 1/256 of a pixel
constexpr std::size_t kMostPoints = 16;             // of one stroke

/// From glyph units (1/100 of the box, times 16) to 1/256 of a pixel; coefficients times 1024.
struct Placement {
  std::int32_t xx = 0;
  std::int32_t xy = 0;
  std::int32_t yx = 0;
  std::int32_t yy = 0;
  std::int32_t left = 0;
  std::int32_t top = 0;

  [[nodiscard]] CanvasPoint apply(std::int32_t x, std::int32_t y) const {
    return {left + ((xx * x + xy * y) >> 10), top + ((yx * x + yy * y) >> 10)};
  }
};

Placement draw_placement(Rng& rng) {
  // 20 pixels for 100 units: 20 * 256 / (100 * 16) = 3.2 pixels/256 a unit, times 1024.
  constexpr std::int32_t kNominal = 3277;
  const std::int32_t width = kNominal * draw(rng, 640, 1140) >> 10;
  const std::int32_t height = kNominal * draw(rng, 760, 1140) >> 10;
  const std::int32_t slant = draw_around_zero(rng, 460);
  const std::int32_t turn = draw_around_zero(rng, 380);  // sine of the angle; 380 is 22 degrees
  const std::int32_t cosine = 1024 - turn * turn / 2048;
  Placement placement;
  placement.xx = width * cosine >> 10;
  placement.xy = (height * ((slant * cosine >> 10) - turn)) >> 10;
  placement.yx = width * turn >> 10;
  placement.yy = (height * (cosine + (slant * turn >> 10))) >> 10;
  placement.left = kCentre + draw_around_zero(rng, 600);
  placement.top = kCentre + draw_around_zero(rng, 500);
  return placement;
}

void draw_glyph(Canvas& canvas, Glyph glyph, Rng& rng) {
  constexpr std::int32_t kUnsteadiness = 16 * 14;
  const Placement placement = draw_placement(rng);
  const Pen pen = {.radius = draw(rng, 190, 400), .ink = draw(rng, 150, 255)};
  std::array<CanvasPoint, kMostPoints> stroke;
  std::size_t count = 0;
  GlyphPoint last;
  for (const GlyphPoint point : glyph) {
    if (point == kPenUp) {
      canvas.draw_curve(std::span(stroke).first(count), pen);
      count = 0;
    } else if (count > 0 && point == last) {  // a corner stays one
      stroke[count] = stroke[count - 1];
      ++count;
    } else {
      const std::int32_t x = (point.x - 50) * 16 + draw_around_zero(rng, kUnsteadiness);
      const std::int32_t y = (point.y - 50) * 16 + draw_around_zero(rng, kUnsteadiness);
      stroke[count++] = placement.apply(x, y);
    }
    last = point;
  }
}

/// A short line somewhere, as from a neighbouring digit or a ruled form.
void draw_stray_stroke(Canvas& canvas, Rng& rng) {
  const CanvasPoint from = {draw(rng, 0, kDigitSide * 256), draw(rng, 0, kDigitSide * 256)};
  const CanvasPoint to = {from.x + draw_around_zero(rng, 3000),
                          from.y + draw_around_zero(rng, 3000)};
  const Pen pen = {.radius = draw(rng, 130, 260), .ink = draw(rng, 80, 255)};
  canvas.draw_curve(std::array{from, to}, pen);
}

void add_grain(std::span<std::uint8_t> pixels, Rng& rng) {
  const std::int32_t strength = draw(rng, 0, 56);
  for (std::size_t i = 0; i < pixels.size(); i += 4) {
    std::uint32_t noise = rng.next();
    for (std::size_t lane = 0; lane < 4; ++lane, noise >>= 8) {
      const auto grain = (static_cast<std::int32_t>(noise & 255U) - 128) * strength >> 7;
      const std::int32_t light = std::clamp(pixels[i + lane] + grain, 0, 255);
      pixels[i + lane] = static_cast<std::uint8_t>(light);
    }
  }
}

/// Returns the label.
std::uint8_t draw_digit(std::span<std::uint8_t> pixels, Rng rng) {
  Canvas canvas(pixels, kDigitSide);
  const std::int32_t digit = draw(rng, 0, 9);
  const std::span<const Glyph> ways = glyphs_of(digit);
  const std::int32_t way = draw(rng, 0, static_cast<std::int32_t>(ways.size()) - 1);
  draw_glyph(canvas, ways[static_cast<std::size_t>(way)], rng);
  for (std::int32_t strays = draw(rng, 0, 2); strays > 0; --strays) draw_stray_stroke(canvas, rng);
  add_grain(pixels, rng);
  return static_cast<std::uint8_t>(digit);
}

Dataset draw_digits(std::int64_t samples, std::uint64_t seed, std::string_view part) {
  if (samples < 0) {
    throw InvalidArgument(
        format("synthetic_digits: {} must not be negative, got {}", part, samples));
  }
  Dataset dataset = {.x = Tensor(DType::Uint8, {samples, kDigitSide, kDigitSide}),
                     .y = Tensor(DType::Uint8, {samples}),
                     .divisor = 255,
                     .classes = 10,
                     .name = format("synthetic digits ({})", part)};
  const auto pixels = dataset.x.data<std::uint8_t>();
  const auto labels = dataset.y.data<std::uint8_t>();
  const Rng rng(seed, stream_of(part));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = draw_digit(pixels.subspan(i * kPixels, kPixels), rng.fork(i));
  }
  return dataset;
}

}  // namespace

TrainTest synthetic_digits(const SyntheticOptions& options) {
  return {.train = draw_digits(options.train, options.seed, "train"),
          .test = draw_digits(options.test, options.seed, "test")};
}

}  // namespace carnyx::datasets
