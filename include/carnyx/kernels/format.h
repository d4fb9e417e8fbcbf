// How a matrix lies in memory. A format belongs to a buffer, not to a value: one activation may
// live in two buffers, one per reader. Every value is seen as a matrix [rows(), columns()] of its
// shape.
#pragma once

#include <cstdint>

#include "carnyx/tensor/dtype.h"
#include "carnyx/tensor/shape.h"

namespace carnyx::kernels {

/// Columns of one panel: 16 float32 are one cache line.
inline constexpr std::int64_t kPanel = 16;

enum class Layout {
  Rows,    ///< row-major, no padding: files, user code, the reference
  Panels,  ///< [columns / 16][rows][16], the last panel padded with zeros: the fast kernels
};

struct Format {
  Layout layout = Layout::Rows;
  DType dtype = DType::Float32;
  bool operator==(const Format&) const = default;
};

constexpr std::int64_t panel_count(std::int64_t columns) {
  return (columns + kPanel - 1) / kPanel;
}

/// Elements that a buffer of this layout holds, padding included.
constexpr std::int64_t padded_elements(Layout layout, std::int64_t rows, std::int64_t columns) {
  return layout == Layout::Rows ? rows * columns : panel_count(columns) * rows * kPanel;
}

/// Where element [row, column] lies, in elements from the buffer's start.
constexpr std::int64_t offset(
    Layout layout, std::int64_t rows, std::int64_t columns, std::int64_t row, std::int64_t column) {
  return layout == Layout::Rows ? row * columns + column
                                : (column / kPanel * rows + row) * kPanel + column % kPanel;
}

/// Bytes of a buffer that holds a value of `shape` in `format`.
inline std::int64_t size_bytes(const Format& format, const Shape& shape) {
  return padded_elements(format.layout, shape.rows(), shape.columns()) * size_of(format.dtype);
}

}  // namespace carnyx::kernels
