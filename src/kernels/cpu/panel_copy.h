// Elements of a matrix of floats in any layout, copied as float32 into rows of a strip.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "carnyx/kernels/kernel.h"

#include "kernels/cpu/strip.h"

namespace carnyx::kernels {

class PanelSource {
 public:
  PanelSource(const Operand& operand, const std::byte* buffer)
      : buffer_(buffer),
        layout_(operand.format.layout),
        is_wide_(operand.format.dtype == DType::Float32),
        rows_(operand.shape.rows()),
        columns_(operand.shape.columns()) {}

  [[nodiscard]] std::int64_t columns() const { return columns_; }

  /// Elements from [row, column] on that lie one behind the other, at most `most`.
  [[nodiscard]] std::int64_t run_length(std::int64_t column, std::int64_t most) const {
    const std::int64_t in_row = std::min(most, columns_ - column);
    return layout_ == Layout::Rows ? in_row : std::min(in_row, kPanel - column % kPanel);
  }

  /// to[i][k] = x[row + i * step][column + k] for `rows` rows of a strip and `columns` columns.
  void copy_rows(std::int64_t row,
                 std::int64_t column,
                 std::int64_t step,
                 std::int64_t rows,
                 std::int64_t columns,
                 float* to) const {
    for (std::int64_t done = 0; done < columns;) {
      const std::int64_t count = run_length(column + done, columns - done);
      if (is_tiled()) {
        for (std::int64_t i = 0; i < rows; ++i) {
          copy_run(at(row + i * step, column + done), count, to + i * kPanel + done);
        }
      } else {
        const std::int64_t pitch = layout_ == Layout::Rows ? columns_ : kPanel;
        copy_runs(at(row, column + done), step * pitch, rows, count, to + done);
      }
      done += count;
    }
  }

  /// to[k] = x[row + k * step][column].
  void copy_column(std::int64_t row,
                   std::int64_t column,
                   std::int64_t step,
                   std::int64_t count,
                   float* to) const {
    if (is_tiled()) {
      for (std::int64_t k = 0; k < count; ++k) copy_run(at(row + k * step, column), 1, to + k);
      return;
    }
    const std::int64_t pitch = step * (layout_ == Layout::Rows ? columns_ : kPanel);
    std::int64_t from = at(row, column);
    for (std::int64_t k = 0; k < count; ++k, from += pitch) copy_run(from, 1, to + k);
  }

 private:
  [[nodiscard]] bool is_tiled() const {
    return layout_ != Layout::Rows && layout_ != Layout::Panels;
  }
  [[nodiscard]] std::int64_t at(std::int64_t row, std::int64_t column) const {
    return offset(layout_, rows_, columns_, row, column);
  }
  [[nodiscard]] const float* floats() const { return reinterpret_cast<const float*>(buffer_); }
  [[nodiscard]] const Bfloat16* halves() const {
    return reinterpret_cast<const Bfloat16*>(buffer_);
  }

  static void widen(const Bfloat16* from, std::int64_t count, float* to) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i].to_float();
  }
  void copy_run(std::int64_t from, std::int64_t count, float* to) const {
    if (is_wide_) {
      std::copy_n(floats() + from, count, to);
    } else {
      widen(halves() + from, count, to);
    }
  }
  /// A length that the compiler knows: a few moves.
  void copy_panel(std::int64_t from, float* to) const {
    if (is_wide_) {
      std::memcpy(to, floats() + from, kPanel * sizeof(float));
    } else {
      widen(halves() + from, kPanel, to);
    }
  }
  void copy_runs(std::int64_t from,
                 std::int64_t pitch,
                 std::int64_t rows,
                 std::int64_t count,
                 float* to) const {
    if (count < kPanel) {
      for (; rows > 0; --rows, from += pitch, to += kPanel) copy_run(from, count, to);
    } else if (pitch == kPanel) {
      copy_run(from, rows * kPanel, to);
    } else {
      for (; rows > 0; --rows, from += pitch, to += kPanel) copy_panel(from, to);
    }
  }

  const std::byte* buffer_;
  Layout layout_;
  bool is_wide_;
  std::int64_t rows_, columns_;
};

}  // namespace carnyx::kernels
