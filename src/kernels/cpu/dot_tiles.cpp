// The products of tiles.h without tile registers: pairs of bfloat16 numbers multiplied and added by
// vector instructions, from the same operands.
#include <cstring>

// g++ 12 warns of what its own header leaves undefined on purpose (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/format.h"

#include "kernels/cpu/tiles.h"

#define CARNYX_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))  // NOLINT

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kPairs = 16;  // of k, in one tile
constexpr std::int64_t kPair = 2;

/// Sums of some rows by some panels: sixteen, so that no addition waits for the one before it.
template <int kRows, int kPanels>
struct Sums {
  __m512 of[kRows][kPanels];
};

template <int kRows, int kPanels>
CARNYX_BF16 inline void load_sums(const TileBlock& block, Sums<kRows, kPanels>& sums) {
  for (int row = 0; row < kRows; ++row) {
    for (int panel = 0; panel < kPanels; ++panel) {
      const float* c = block.c + panel * block.c_panel + row * kPanel;
      sums.of[row][panel] = block.accumulate ? _mm512_load_ps(c) : _mm512_setzero_ps();
    }
  }
}

template <int kRows, int kPanels>
CARNYX_BF16 inline void store_sums(const TileBlock& block, const Sums<kRows, kPanels>& sums) {
  for (int row = 0; row < kRows; ++row) {
    for (int panel = 0; panel < kPanels; ++panel) {
      _mm512_store_ps(block.c + panel * block.c_panel + row * kPanel, sums.of[row][panel]);
    }
  }
}

/// Two neighbours along k, in every lane.
CARNYX_BF16 inline __m512bh repeated_pair(const Bfloat16* pair) {
  std::int32_t bits = 0;
  std::memcpy(&bits, pair, sizeof(bits));
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(bits));
}

template <int kRows, int kPanels>
CARNYX_BF16 inline void add_tile(const Bfloat16* a,
                                 const Bfloat16* b,
                                 std::int64_t b_panel,
                                 Sums<kRows, kPanels>& sums) {
  for (std::int64_t pair = 0; pair < kPairs; ++pair) {
    __m512bh right[kPanels];
    for (int panel = 0; panel < kPanels; ++panel) {
      right[panel] = reinterpret_cast<__m512bh>(
          _mm512_load_si512(b + panel * b_panel + pair * kPair * kPanel));
    }
    for (int row = 0; row < kRows; ++row) {
      const __m512bh left = repeated_pair(a + row * kLineWidth + pair * kPair);
      for (int panel = 0; panel < kPanels; ++panel) {
        sums.of[row][panel] = _mm512_dpbf16_ps(sums.of[row][panel], left, right[panel]);
      }
    }
  }
}

template <int kRows, int kPanels, int kParts>
CARNYX_BF16 void multiply_rows(const TileBlock& block) {
  Sums<kRows, kPanels> sums;
  load_sums(block, sums);
  const Bfloat16* a = block.a;
  const Bfloat16* b = block.b;
  for (std::int64_t k = 0; k < block.k_tiles; ++k) {
    if constexpr (kParts == 2) {
      add_tile(a + block.a_part, b, block.b_panel, sums);
      add_tile(a, b + kTileElements, block.b_panel, sums);
    }
    add_tile(a, b, block.b_panel, sums);
    a += block.a_stride;
    b += kParts * kTileElements;
  }
  store_sums(block, sums);
}

template <int kPanels, int kParts>
void multiply(TileBlock block, std::int64_t row_tiles) {
  constexpr int kRows = 16 / kPanels;
  for (std::int64_t row = 0; row < row_tiles * kPanel; row += kRows) {
    multiply_rows<kRows, kPanels, kParts>(block);
    block.a += kRows * kLineWidth;
    block.c += kRows * kPanel;
  }
}

}  // namespace

void multiply_dots(const TileBlock& block, std::int64_t row_tiles, std::int64_t panels, int parts) {
  CARNYX_ENSURE((row_tiles == 1 || row_tiles == 2) && (panels == 1 || panels == 2));
  if (parts == 2) return (panels == 2 ? multiply<2, 2> : multiply<1, 2>)(block, row_tiles);
  (panels == 2 ? multiply<2, 1> : multiply<1, 1>)(block, row_tiles);
}

}  // namespace carnyx::kernels
