// Products of bfloat16 tiles, 16 x 32 by 32 x 16, summed in float32: on tile registers (AMX), where
// one instruction makes one, or with vectors of dot products. Isa::Amx has both, Isa::Avx512Bf16
// the second.
#pragma once

#include <cstdint>

#include "carnyx/tensor/dtype.h"

namespace carnyx::kernels {

/// Numbers of one tile of the right operand: [16 pairs of k][16 columns][2].
inline constexpr std::int64_t kTileElements = 512;

/// Lets this thread use the tile registers while it lives, if it is to: eight, of 16 rows by 64
/// bytes.
class TileScope {
 public:
  explicit TileScope(bool registers);
  ~TileScope();
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;

 private:
  bool registers_;
};

/// A block of c, some tiles of 16 rows by some panels, and what is summed into it. Distances are in
/// elements.
struct TileBlock {
  const Bfloat16* a;          ///< lines of the first 16 rows and the first 32 of k
  std::int64_t a_stride = 0;  ///< from 32 of k to the next
  std::int64_t a_part = 0;    ///< from the larger part to the smaller
  const Bfloat16* b;          ///< [k / 32][parts][kTileElements] of the first panel
  std::int64_t b_panel = 0;   ///< to the second panel
  std::int64_t k_tiles = 0;
  float* c;  ///< [rows][16] of the first panel, 64-byte aligned
  std::int64_t c_panel = 0;
  bool accumulate = false;  ///< onto c; else c is overwritten
};

/// c = a b, or c += a b. `row_tiles` and `panels` are 1 or 2. With two parts, the larger and the
/// smaller of each operand, it is large b large + large b small + small b large: what is left out
/// is of the order 2^-16 of the product.
void multiply_tiles(const TileBlock& block, std::int64_t row_tiles, std::int64_t panels, int parts);
/// The same without tile registers; the sums round otherwise.
void multiply_dots(const TileBlock& block, std::int64_t row_tiles, std::int64_t panels, int parts);

/// Whether the selected instruction set has what follows.
bool packs_tiles();

/// Rows of a strip as halves of lines: row i at to[32 i], of each part, which are `part` apart.
void narrow_rows(const float* strip, std::int64_t rows, int parts, Bfloat16* to, std::int64_t part);

/// Packs rows of a strip as tiles of a right operand whose k runs down the rows. Rows past `rows`,
/// up to a multiple of 32, become zero. out [rows / 32][parts][kTileElements].
void pack_rows(const float* strip, std::int64_t rows, int parts, Bfloat16* out);

/// Packs one tile of a right operand that lies transposed: its 16 columns are `rows` (up to 16)
/// rows of `left`, [16][16], for the first 16 of k, and of `right` for the others; null stands for
/// zeros. out [parts][kTileElements].
void pack_columns(
    const float* left, const float* right, std::int64_t rows, int parts, Bfloat16* out);

}  // namespace carnyx::kernels
