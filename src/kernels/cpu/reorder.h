#pragma once

#include "carnyx/kernels/kernel.h"

#include "kernels/cpu/block_grid.h"

namespace carnyx::kernels {

/// Copies one block of `from` into the same place of `to`, converting as make_reorder says. A block
/// that reaches the last column also writes the zeros that pad `to`.
void reorder_block(const Operand& from,
                   const Operand& to,
                   const Block& block,
                   const Arguments& arguments);

}  // namespace carnyx::kernels
