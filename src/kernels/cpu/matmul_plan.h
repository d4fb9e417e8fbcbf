// How a matmul is cut: a function of its shape and of the tile, never of the number of threads.
#pragma once

#include <cstdint>

#include "carnyx/kernels/matmul.h"

#include "kernels/cpu/chunks.h"

namespace carnyx::kernels {

struct MatmulPlan {
  Chunks chunks;
  std::int64_t strip_rows = 0;  ///< a multiple of 16, at most kStripRows
  std::int64_t k_block = 0;     ///< a multiple of 16
  /// Where a thread's scratch holds a packed block of a, packed panels of b, strips of c and a
  /// spare strip, in floats.
  std::int64_t a = 0, b = 0, c = 0, spare = 0, floats = 0;
};

/// `tile_panels`: panels that the microkernel takes at a time.
MatmulPlan plan_matmul(const MatmulSpec& spec, std::int64_t tile_panels);

/// Whether tiles read the operand where it lies.
bool read_in_place(const Operand& operand);

}  // namespace carnyx::kernels
