// How a matrix lies in memory. A format belongs to a buffer, not to a value: one activation may
// live in several buffers, one per kind of reader. Every value is seen as a matrix [rows(),
// columns()] of its shape.
#pragma once

#include <cstdint>

#include "carnyx/tensor/dtype.h"
#include "carnyx/tensor/shape.h"

namespace carnyx::kernels {

/// Columns of one panel: 16 float32 are one cache line.
inline constexpr std::int64_t kPanel = 16;
/// bfloat16 numbers of one row of a tile register: a cache line.
inline constexpr std::int64_t kLineWidth = 32;
inline constexpr std::int64_t kBlock = kLineWidth * kLineWidth;  ///< 32 lines: two tiles

enum class Layout {
  Rows,         ///< row-major, no padding: files, user code, the reference
  Panels,       ///< [columns / 16][rows][16], the last panel padded with zeros: the fast kernels
  RowTiles,     ///< [rows / 32][columns / 32][32][32]: left operand of tile products over columns
  ColumnTiles,  ///< [columns / 32][rows / 32][32 columns][32 rows]: the same of the transpose
};

struct Format {
  Layout layout = Layout::Rows;
  DType dtype = DType::Float32;
  /// 2, of bfloat16 tiles only: x lies there as two numbers whose sum is x to 2^-17 or so, first
  /// all of the larger, then all of the smaller.
  int parts = 1;
  bool operator==(const Format&) const = default;
};

constexpr std::int64_t blocks_of(std::int64_t length, std::int64_t block) {
  return (length + block - 1) / block;
}
constexpr std::int64_t panel_count(std::int64_t columns) {
  return blocks_of(columns, kPanel);
}

/// Elements that a buffer of this layout holds, padding included, of one part.
constexpr std::int64_t padded_elements(Layout layout, std::int64_t rows, std::int64_t columns) {
  switch (layout) {
    case Layout::Rows:
      return rows * columns;
    case Layout::Panels:
      return panel_count(columns) * kPanel * rows;
    case Layout::RowTiles:
    case Layout::ColumnTiles:
      return blocks_of(rows, kLineWidth) * blocks_of(columns, kLineWidth) * kBlock;
  }
  return 0;
}

/// Element [line, place] of [lines / 32][length / 32][32][32].
constexpr std::int64_t offset_in_blocks(std::int64_t length,
                                        std::int64_t line,
                                        std::int64_t place) {
  const std::int64_t block = line / kLineWidth * blocks_of(length, kLineWidth) + place / kLineWidth;
  return block * kBlock + line % kLineWidth * kLineWidth + place % kLineWidth;
}

/// Where element [row, column] lies, in elements from the start of a part.
constexpr std::int64_t offset(
    Layout layout, std::int64_t rows, std::int64_t columns, std::int64_t row, std::int64_t column) {
  switch (layout) {
    case Layout::Rows:
      return row * columns + column;
    case Layout::Panels:
      return (column / kPanel * rows + row) * kPanel + column % kPanel;
    case Layout::RowTiles:
      return offset_in_blocks(columns, row, column);
    case Layout::ColumnTiles:
      return offset_in_blocks(rows, column, row);
  }
  return 0;
}

/// Bytes of a buffer that holds a value of `shape` in `format`.
inline std::int64_t size_bytes(const Format& format, const Shape& shape) {
  return padded_elements(format.layout, shape.rows(), shape.columns()) * format.parts *
         size_of(format.dtype);
}

}  // namespace carnyx::kernels
