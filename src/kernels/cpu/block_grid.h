#pragma once

#include <algorithm>
#include <cstdint>

#include "carnyx/kernels/format.h"

namespace carnyx::kernels {

/// Part of a matrix; ends are exclusive.
struct Block {
  std::int64_t first_row, row_end;
  std::int64_t first_column, column_end;

  [[nodiscard]] std::int64_t rows() const { return row_end - first_row; }
  [[nodiscard]] std::int64_t columns() const { return column_end - first_column; }
};

/// A matrix cut into blocks by its shape alone, counted in the order in which `layout` stores them.
/// `block_columns` is a multiple of kPanel unless it covers all columns.
class BlockGrid {
 public:
  BlockGrid(Layout layout,
            std::int64_t rows,
            std::int64_t columns,
            std::int64_t block_rows,
            std::int64_t block_columns)
      : layout_(layout),
        rows_(rows),
        columns_(columns),
        block_rows_(block_rows),
        block_columns_(block_columns) {}

  [[nodiscard]] std::int64_t count() const { return down() * across(); }

  [[nodiscard]] Block operator[](std::int64_t index) const {
    const bool by_rows = layout_ == Layout::Rows;
    const std::int64_t row = (by_rows ? index / across() : index % down()) * block_rows_;
    const std::int64_t column = (by_rows ? index % across() : index / down()) * block_columns_;
    return {row,
            std::min(row + block_rows_, rows_),
            column,
            std::min(column + block_columns_, columns_)};
  }

 private:
  [[nodiscard]] std::int64_t down() const { return (rows_ + block_rows_ - 1) / block_rows_; }
  [[nodiscard]] std::int64_t across() const {
    return (columns_ + block_columns_ - 1) / block_columns_;
  }

  Layout layout_;
  std::int64_t rows_, columns_, block_rows_, block_columns_;
};

}  // namespace carnyx::kernels
