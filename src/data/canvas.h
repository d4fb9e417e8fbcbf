// A small grey picture on which curves are drawn with a round pen. All of it is integer arithmetic,
// so that a picture has the same bytes whatever the compiler does with floating point.
#pragma once

#include <cstdint>
#include <span>

namespace carnyx {

/// A position in 1/256 of a pixel, x to the right and y down.
struct CanvasPoint {
  std::int32_t x = 0;
  std::int32_t y = 0;
};

struct Pen {
  std::int32_t radius = 256;  ///< half the width of the line, in 1/256 of a pixel, at least 128
  std::int32_t ink = 255;     ///< brightness of the line, in [0, 255]
};

/// Draws into pixels it borrows. Overlapping lines keep the brighter of the two.
class Canvas {
 public:
  /// `pixels` [rows, columns], row by row.
  Canvas(std::span<std::uint8_t> pixels, std::int32_t columns);

  /// A uniform quadratic B-spline through `points`, clamped at both ends. What lies outside the
  /// picture is cut off; points must be within 2^14 pixels of it.
  void draw_curve(std::span<const CanvasPoint> points, const Pen& pen);

 private:
  void draw_arc(CanvasPoint from, CanvasPoint control, CanvasPoint to, const Pen& pen);
  void press(CanvasPoint at, const Pen& pen);

  std::span<std::uint8_t> pixels_;
  std::int32_t columns_;
  std::int32_t rows_;
};

}  // namespace carnyx
