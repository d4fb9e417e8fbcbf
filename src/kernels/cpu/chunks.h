// How a matrix of results is cut into chunks: ranges of rows by ranges of panels.
#pragma once

#include <algorithm>
#include <cstdint>

#include "carnyx/kernels/format.h"

namespace carnyx::kernels {

struct ChunkBounds {
  std::int64_t row, rows;
  std::int64_t panel, panels;
};

/// Ranges of rows start at multiples of 16.
struct Chunks {
  std::int64_t rows = 0, panels = 0;                      ///< of the whole
  std::int64_t rows_per_chunk = 1, panels_per_chunk = 1;  ///< the last ones may hold less

  [[nodiscard]] std::int64_t row_chunks() const {
    return std::max<std::int64_t>(1, (rows + rows_per_chunk - 1) / rows_per_chunk);
  }
  [[nodiscard]] std::int64_t count() const {
    return (panels + panels_per_chunk - 1) / panels_per_chunk * row_chunks();
  }
  /// Chunks of one panel range follow each other.
  [[nodiscard]] ChunkBounds bounds(std::int64_t chunk) const {
    const std::int64_t row = chunk % row_chunks() * rows_per_chunk;
    const std::int64_t panel = chunk / row_chunks() * panels_per_chunk;
    return {row,
            std::min(rows_per_chunk, rows - row),
            panel,
            std::min(panels_per_chunk, panels - panel)};
  }
};

/// `total` cut into `parts` as even as multiples of `unit` allow: the length of one.
constexpr std::int64_t even_share(std::int64_t total, std::int64_t parts, std::int64_t unit) {
  const std::int64_t share = (total + parts - 1) / std::max<std::int64_t>(1, parts);
  return std::max(unit, (share + unit - 1) / unit * unit);
}

}  // namespace carnyx::kernels
