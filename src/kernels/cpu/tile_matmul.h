#pragma once

#include <memory>

#include "carnyx/kernels/matmul.h"

namespace carnyx::kernels {

/// Whether the layout is a left operand of tile products.
constexpr bool is_lines(Layout layout) {
  return layout == Layout::RowTiles || layout == Layout::ColumnTiles;
}

/// A matmul of bfloat16 tiles, for an `a` in lines. `a` says in how many parts both operands are
/// multiplied; b is packed on the fly from any format that strips are read from.
std::unique_ptr<Kernel> make_tile_matmul(MatmulSpec spec);

}  // namespace carnyx::kernels
