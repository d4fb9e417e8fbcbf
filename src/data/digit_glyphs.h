// The ways in which the ten digits are written: strokes as control points of curves.
#pragma once

#include <cstdint>
#include <span>

namespace carnyx {

/// A control point in a box of 100 x 100, x to the right and y down.
struct GlyphPoint {
  std::uint8_t x = 0;
  std::uint8_t y = 0;

  bool operator==(const GlyphPoint&) const = default;
};

/// Ends a stroke: the pen is lifted.
inline constexpr GlyphPoint kPenUp = {255, 255};

/// The strokes of one way to write a digit, each a uniform quadratic B-spline clamped at its ends
/// (so a point given twice is a corner), each closed by kPenUp.
using Glyph = std::span<const GlyphPoint>;

/// The known ways to write `digit`, in [0, 10).
std::span<const Glyph> glyphs_of(std::int64_t digit);

}  // namespace carnyx
