// A strip: some consecutive rows of one panel of a matrix, in float32, [rows][16], 64-byte aligned.
// Columns past the matrix's last are there and mean nothing; a store writes them as zeros.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "carnyx/kernels/kernel.h"

namespace carnyx::kernels {

/// Rows of the longest strip: 8 KiB, so that a strip and what it is joined with stay in L1.
inline constexpr std::int64_t kStripRows = 128;

/// Which part of its matrix a strip is.
struct StripPlace {
  std::int64_t row = 0, rows = 0;
  std::int64_t panel = 0;
  std::int64_t columns = kPanel;  ///< those that exist, 1 to 16
};

inline StripPlace strip_place(std::int64_t row,
                              std::int64_t rows,
                              std::int64_t panel,
                              std::int64_t matrix_columns) {
  return {row, rows, panel, std::min(kPanel, matrix_columns - panel * kPanel)};
}

/// Reads a strip of a matrix in Rows, Panels or RowTiles of one part; float32, bfloat16, uint8 or
/// int32. Missing columns of Rows are read as zeros.
void load_strip(const Operand& from,
                const std::byte* buffer,
                const StripPlace& place,
                float* strip);

/// Writes a strip as float32 or bfloat16 in any layout; lines are of bfloat16, in one part or two.
/// Padding becomes zero: Panels' columns, and of lines what a product would sum over. For
/// ColumnTiles `place.row` is a multiple of 16, and so is `place.rows` unless the matrix ends
/// there.
void store_strip(const float* strip, const StripPlace& place, const Operand& to, std::byte* buffer);

/// The strip itself where the buffer already holds it as such (float32 Panels), else null.
template <class Byte>
auto strip_in_place(const Operand& operand, Byte* buffer, const StripPlace& place) {
  using Float = std::conditional_t<std::is_const_v<Byte>, const float, float>;
  if (operand.format != Format{Layout::Panels, DType::Float32}) return static_cast<Float*>(nullptr);
  const std::int64_t rows = operand.shape.rows();
  return reinterpret_cast<Float*>(buffer) + (place.panel * rows + place.row) * kPanel;
}

/// strip_in_place, or a copy in `spare`.
const float* read_strip(const Operand& operand,
                        const std::byte* buffer,
                        const StripPlace& place,
                        float* spare);

/// Zero in the columns that do not exist.
void clear_padding(float* strip, const StripPlace& place);

/// out[column][row] = strip[row][column], rows past `rows` being zero; `columns` rows are written.
void transpose_strip(const float* strip, std::int64_t rows, std::int64_t columns, float* out);

}  // namespace carnyx::kernels
