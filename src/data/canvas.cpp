#include "data/canvas.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace carnyx {
namespace {

constexpr std::int32_t kPixel = 256;
constexpr std::int32_t kStep = 110;  // between two presses of the pen; under half a pixel: no gaps

/// The point at `t` / 1024 of the way.
CanvasPoint between(CanvasPoint a, CanvasPoint b, std::int32_t t) {
  return {a.x + ((b.x - a.x) * t >> 10), a.y + ((b.y - a.y) * t >> 10)};
}

std::int32_t length_bound(CanvasPoint a, CanvasPoint b) {
  const std::int32_t dx = std::abs(b.x - a.x);
  const std::int32_t dy = std::abs(b.y - a.y);
  return std::max(dx, dy) + std::min(dx, dy) / 2;
}

}  // namespace

Canvas::Canvas(std::span<std::uint8_t> pixels, std::int32_t columns)
    : pixels_(pixels),
      columns_(columns),
      rows_(static_cast<std::int32_t>(pixels.size()) / columns) {}

void Canvas::draw_curve(std::span<const CanvasPoint> points, const Pen& pen) {
  if (points.empty()) return;
  CanvasPoint from = points.front();
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    const bool is_last = i + 2 == points.size();
    const CanvasPoint to = is_last ? points[i + 1] : between(points[i], points[i + 1], 512);
    draw_arc(from, points[i], to, pen);
    from = to;
  }
  if (points.size() < 3) draw_arc(from, from, points.back(), pen);
}

void Canvas::draw_arc(CanvasPoint from, CanvasPoint control, CanvasPoint to, const Pen& pen) {
  const std::int32_t length = length_bound(from, control) + length_bound(control, to);
  const std::int32_t steps = length / kStep + 1;
  for (std::int32_t step = 0; step <= steps; ++step) {
    const std::int32_t t = 1024 * step / steps;
    press(between(between(from, control, t), between(control, to, t), t), pen);
  }
}

void Canvas::press(CanvasPoint at, const Pen& pen) {
  // Brightness falls from full to none over one pixel across the edge, linearly in the squared
  // distance: close to linear in the distance, without a square root.
  const std::int32_t outer = pen.radius + kPixel / 2;
  const std::int32_t inner = pen.radius - kPixel / 2;
  const std::int32_t outer2 = outer * outer;
  const std::int32_t slope = (pen.ink << 16) / (outer2 - inner * inner);
  const std::int32_t first_row = std::max(0, (at.y - outer) >> 8);
  const std::int32_t last_row = std::min(rows_ - 1, (at.y + outer) >> 8);
  const std::int32_t first_column = std::max(0, (at.x - outer) >> 8);
  const std::int32_t last_column = std::min(columns_ - 1, (at.x + outer) >> 8);
  for (std::int32_t row = first_row; row <= last_row; ++row) {
    const std::int32_t dy = row * kPixel + kPixel / 2 - at.y;
    std::uint8_t* line = pixels_.data() + std::ptrdiff_t{row} * columns_;
    for (std::int32_t column = first_column; column <= last_column; ++column) {
      const std::int32_t dx = column * kPixel + kPixel / 2 - at.x;
      const std::int32_t within = std::max(0, outer2 - dx * dx - dy * dy);
      const std::int32_t light =
          std::min(pen.ink, static_cast<std::int32_t>(std::int64_t{within} * slope >> 16));
      line[column] = std::max(line[column], static_cast<std::uint8_t>(light));
    }
  }
}

}  // namespace carnyx
