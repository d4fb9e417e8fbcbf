// How kernels that make strips of a matrix one by one cut it into chunks, and what they do in one.
#pragma once

#include <algorithm>

#include "kernels/cpu/chunks.h"
#include "kernels/cpu/stages.h"
#include "kernels/cpu/strip.h"

namespace carnyx::kernels {

inline constexpr std::int64_t kStripElements = kStripRows * kPanel;
inline constexpr std::int64_t kPanelsPerChunk =
    8;  // with kStripRows rows 16,384 elements, 5 to 50 us

/// Ranges of all panels, if they are few, and of more rows then.
inline Chunks strip_chunks(const Shape& shape) {
  const std::int64_t panels = shape.rows() == 0 ? 0 : panel_count(shape.columns());
  const std::int64_t panels_per_chunk = std::clamp<std::int64_t>(panels, 1, kPanelsPerChunk);
  return {.rows = shape.rows(),
          .panels = panels,
          .rows_per_chunk = kStripRows * (kPanelsPerChunk / panels_per_chunk),
          .panels_per_chunk = panels_per_chunk};
}

/// f(place) for each strip of a chunk, panel by panel.
template <class F>
void for_each_strip(const ChunkBounds& bounds, std::int64_t columns, const F& f) {
  for (std::int64_t panel = bounds.panel; panel < bounds.panel + bounds.panels; ++panel) {
    for (std::int64_t row = 0; row < bounds.rows; row += kStripRows) {
      const std::int64_t rows = std::min(kStripRows, bounds.rows - row);
      f(strip_place(bounds.row + row, rows, panel, columns));
    }
  }
}

/// Scratch that holds strips one behind the other.
struct StripScratch {
  float* strip;
  float* spare;
  float* rest;

  explicit StripScratch(const Arguments& arguments)
      : strip(reinterpret_cast<float*>(arguments.scratch.data())),
        spare(strip + kStripElements),
        rest(spare + kStripElements) {}
  /// For the two strips and `rows` of a panel in `rest`.
  static std::int64_t bytes(std::int64_t rows = 0) {
    return (2 * kStripElements + rows * kPanel) * static_cast<std::int64_t>(sizeof(float));
  }
};

}  // namespace carnyx::kernels
