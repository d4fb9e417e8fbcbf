// A picture is a ground that runs from one colour to another, some small spots, one figure of
// another colour, and grain over all. The figure is the class; its place, size, turn and colour,
// and whether it is lighter or darker than its ground, are not. Only integers take part.
#include "carnyx/data/synthetic_pictures.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/rng.h"

#include "data/integer_draws.h"

namespace carnyx::datasets {
namespace {

constexpr std::int32_t kPictureSide = 32;
constexpr std::size_t kPictureBytes = std::size_t{3} * kPictureSide * kPictureSide;
constexpr std::int32_t kPixel = 256;  // positions are in 1/256 of a pixel

using Colour = std::array<std::int32_t, 3>;

Colour draw_colour(Rng& rng) {
  Colour colour{};
  for (std::int32_t& channel : colour) channel = draw(rng, 0, 255);
  return colour;
}

std::int32_t distance(const Colour& a, const Colour& b) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

/// One that can be told from both colours of the ground.
Colour draw_contrast(Rng& rng, const Colour& one, const Colour& other) {
  constexpr std::int32_t kLeast = 200;
  while (true) {
    const Colour colour = draw_colour(rng);
    if (distance(colour, one) >= kLeast && distance(colour, other) >= kLeast) return colour;
  }
}

Colour between(const Colour& from, const Colour& to, std::int32_t part, std::int32_t whole) {
  Colour colour{};
  for (std::size_t i = 0; i < colour.size(); ++i) {
    colour[i] = from[i] + (to[i] - from[i]) * part / whole;
  }
  return colour;
}

/// Whether (u, v), seen from its middle, lies in the figure of this class and radius.
bool is_inside(std::int32_t figure, std::int32_t u, std::int32_t v, std::int32_t radius) {
  const auto part = [radius](std::int32_t of_100) { return radius * of_100 / 100; };
  const auto in_disc = [](std::int32_t x, std::int32_t y, std::int32_t r) {
    return x * x + y * y <= r * r;
  };
  const std::int32_t across = std::abs(u);
  const std::int32_t along = std::abs(v);
  const std::int32_t larger = std::max(across, along);
  switch (figure) {
    case 0:
      return in_disc(u, v, radius);
    case 1:
      return in_disc(u, v, radius) && !in_disc(u, v, part(60));
    case 2:
      return larger <= part(85);
    case 3:
      return larger <= part(85) && larger > part(50);
    case 4:  // 1774 / 1024 is the root of 3
      return v <= radius / 2 && across * 1774 / 1024 <= v + radius;
    case 5:
      return std::min(across, along) <= part(26) && larger <= radius;
    case 6:
      return across <= part(30) && along <= radius;
    case 7:
      return in_disc(across - part(58), v, part(42));
    case 8:
      return v >= 0 && in_disc(u, v - radius / 3, radius);
    default:
      return larger <= part(85) && (u < 0) != (v < 0);
  }
}

struct Figure {
  std::int32_t kind = 0;
  std::int32_t x = 0;  ///< of its middle
  std::int32_t y = 0;
  std::int32_t radius = 0;
  std::int32_t sine = 0;  ///< of its turn, times 1024
  Colour colour = {};

  [[nodiscard]] bool covers(std::int32_t column, std::int32_t row) const {
    const std::int32_t dx = column * kPixel + kPixel / 2 - x;
    const std::int32_t dy = row * kPixel + kPixel / 2 - y;
    if (std::max(std::abs(dx), std::abs(dy)) > radius * 3 / 2) return false;  // no figure is wider
    const std::int32_t cosine = 1024 - sine * sine / 2048;
    return is_inside(
        kind, (dx * cosine + dy * sine) / 1024, (dy * cosine - dx * sine) / 1024, radius);
  }
};

Figure draw_figure(Rng& rng, std::int32_t kind, const Colour& colour) {
  Figure figure{.kind = kind, .radius = draw(rng, 6 * kPixel, 11 * kPixel), .colour = colour};
  figure.x = kPictureSide * kPixel / 2 + draw_around_zero(rng, 8 * kPixel);
  figure.y = kPictureSide * kPixel / 2 + draw_around_zero(rng, 8 * kPixel);
  figure.sine = draw_around_zero(rng, 560);
  return figure;
}

Figure draw_spot(Rng& rng) {
  Figure spot{.kind = 0, .radius = draw(rng, kPixel, 2 * kPixel)};
  spot.x = draw(rng, 0, kPictureSide * kPixel);
  spot.y = draw(rng, 0, kPictureSide * kPixel);
  spot.colour = draw_colour(rng);
  return spot;
}

/// Returns the label.
std::uint8_t draw_picture(std::span<std::uint8_t> picture, Rng rng) {
  const std::int32_t kind = draw(rng, 0, 9);
  const Colour top = draw_colour(rng);
  const Colour bottom = between(top, draw_colour(rng), 1, 3);
  std::array<Figure, 4> figures;  // the last one covers the others
  for (Figure& spot : figures) spot = draw_spot(rng);
  figures.back() = draw_figure(rng, kind, draw_contrast(rng, top, bottom));
  const std::int32_t grain = draw(rng, 8, 40);
  std::uint8_t* to = picture.data();
  for (std::int32_t row = 0; row < kPictureSide; ++row) {
    const Colour ground = between(top, bottom, row, kPictureSide - 1);
    for (std::int32_t column = 0; column < kPictureSide; ++column) {
      Colour colour = ground;
      for (const Figure& figure : figures) {
        if (figure.covers(column, row)) colour = figure.colour;
      }
      std::uint32_t noise = rng.next();
      for (const std::int32_t channel : colour) {
        const auto light = static_cast<std::int32_t>(noise & 255U) - 128;
        *to++ = static_cast<std::uint8_t>(std::clamp(channel + light * grain / 128, 0, 255));
        noise >>= 8;
      }
    }
  }
  return static_cast<std::uint8_t>(kind);
}

Dataset draw_pictures(std::int64_t samples, std::uint64_t seed, std::string_view part) {
  if (samples < 0) {
    throw InvalidArgument(
        format("synthetic_pictures: {} must not be negative, got {}", part, samples));
  }
  Dataset dataset = {.x = Tensor(DType::Uint8, {samples, kPictureSide, kPictureSide, 3}),
                     .y = Tensor(DType::Uint8, {samples}),
                     .divisor = 255,
                     .classes = 10,
                     .name = format("synthetic pictures ({})", part)};
  const auto pixels = dataset.x.data<std::uint8_t>();
  const auto labels = dataset.y.data<std::uint8_t>();
  const Rng rng = Rng(seed, stream_of("pictures")).fork(stream_of(part));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = draw_picture(pixels.subspan(i * kPictureBytes, kPictureBytes), rng.fork(i));
  }
  return dataset;
}

}  // namespace

TrainTest synthetic_pictures(const SyntheticPicturesOptions& options) {
  return {.train = draw_pictures(options.train, options.seed, "train"),
          .test = draw_pictures(options.test, options.seed, "test")};
}

}  // namespace carnyx::datasets
