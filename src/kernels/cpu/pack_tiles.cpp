// The right operand of tile products, from float32: two neighbours along k lie side by side.
#include <array>

// g++ 12 warns of what its own header leaves undefined on purpose (GCC bug 105593), where the
// functions are inlined.
#pragma GCC diagnostic ignored "-Wuninitialized"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "carnyx/kernels/format.h"
#include "carnyx/kernels/isa.h"

#include "kernels/cpu/tiles.h"

#define CARNYX_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))  // NOLINT

namespace carnyx::kernels {
namespace {

/// 16 pairs of bfloat16 as one vector for each of the parts that add up to the float32 numbers.
struct Pairs {
  __m512i large, small;
};

/// Number i of `low` is element i, of `high` element 16 + i.
template <int kParts>
CARNYX_BF16 inline Pairs narrowed(__m512 low, __m512 high) {
  const auto large = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
  if constexpr (kParts == 1) return {large, large};
  const __m512i low_large = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(large));
  const __m512i high_large = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(large, 1));
  const __m512 low_rest = _mm512_sub_ps(low, _mm512_castsi512_ps(_mm512_slli_epi32(low_large, 16)));
  const __m512 high_rest =
      _mm512_sub_ps(high, _mm512_castsi512_ps(_mm512_slli_epi32(high_large, 16)));
  return {large, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high_rest, low_rest))};
}

constexpr auto interleaving() {
  std::array<std::uint16_t, 32> order{};
  for (std::size_t i = 0; i < 16; ++i) {
    order[2 * i] = static_cast<std::uint16_t>(i);
    order[2 * i + 1] = static_cast<std::uint16_t>(16 + i);
  }
  return order;
}
alignas(64) constexpr auto kInterleaving = interleaving();

template <int kParts>
CARNYX_BF16 void pack_rows_in(const float* strip, std::int64_t rows, Bfloat16* out) {
  const __m512i order = _mm512_load_si512(kInterleaving.data());
  const std::int64_t padded = blocks_of(rows, kLineWidth) * kLineWidth;
  for (std::int64_t row = 0; row < padded; row += 2, strip += 2 * kPanel) {
    const __m512 upper = row < rows ? _mm512_loadu_ps(strip) : _mm512_setzero_ps();
    const __m512 lower = row + 1 < rows ? _mm512_loadu_ps(strip + kPanel) : _mm512_setzero_ps();
    const Pairs pairs = narrowed<kParts>(upper, lower);
    Bfloat16* const line = out + row / kLineWidth * kParts * kTileElements + row % kLineWidth * 16;
    _mm512_store_si512(line, _mm512_permutexvar_epi16(order, pairs.large));
    if constexpr (kParts == 2) {
      _mm512_store_si512(line + kTileElements, _mm512_permutexvar_epi16(order, pairs.small));
    }
  }
}

template <int kParts>
CARNYX_BF16 void narrow_rows_in(const float* strip,
                                std::int64_t rows,
                                Bfloat16* to,
                                std::int64_t part) {
  for (; rows > 0; --rows, strip += kPanel, to += kLineWidth) {
    const __m512 row = _mm512_loadu_ps(strip);
    const auto large = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(row));
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), large);
    if constexpr (kParts == 2) {
      const __m512i as_float = _mm512_slli_epi32(_mm512_cvtepu16_epi32(large), 16);
      const __m512 rest = _mm512_sub_ps(row, _mm512_castsi512_ps(as_float));
      const auto small = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(rest));
      _mm256_store_si256(reinterpret_cast<__m256i*>(to + part), small);
    }
  }
}

/// Four rows at a time: 4 x 4 numbers of 32 bits inside each quarter of the vectors.
CARNYX_BF16 inline void transpose_quarters(__m512i* rows) {
  const __m512i low01 = _mm512_unpacklo_epi32(rows[0], rows[1]);
  const __m512i high01 = _mm512_unpackhi_epi32(rows[0], rows[1]);
  const __m512i low23 = _mm512_unpacklo_epi32(rows[2], rows[3]);
  const __m512i high23 = _mm512_unpackhi_epi32(rows[2], rows[3]);
  rows[0] = _mm512_unpacklo_epi64(low01, low23);
  rows[1] = _mm512_unpackhi_epi64(low01, low23);
  rows[2] = _mm512_unpacklo_epi64(high01, high23);
  rows[3] = _mm512_unpackhi_epi64(high01, high23);
}

/// 16 x 16 numbers of 32 bits: first inside the quarters, then the quarters themselves.
CARNYX_BF16 inline void store_transposed(__m512i* rows, Bfloat16* out) {
  for (int i = 0; i < 16; i += 4) transpose_quarters(rows + i);
  constexpr std::ptrdiff_t kRow = 32;
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    const __m512i even01 = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    const __m512i even23 = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    const __m512i odd01 = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    const __m512i odd23 = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
    _mm512_store_si512(out + i * kRow, _mm512_shuffle_i32x4(even01, even23, 0x88));
    _mm512_store_si512(out + (i + 4) * kRow, _mm512_shuffle_i32x4(odd01, odd23, 0x88));
    _mm512_store_si512(out + (i + 8) * kRow, _mm512_shuffle_i32x4(even01, even23, 0xdd));
    _mm512_store_si512(out + (i + 12) * kRow, _mm512_shuffle_i32x4(odd01, odd23, 0xdd));
  }
}

template <int kParts>
CARNYX_BF16 void pack_columns_in(const float* left,
                                 const float* right,
                                 std::int64_t rows,
                                 Bfloat16* out) {
  __m512i large[16], small[16];
  for (std::int64_t row = 0; row < 16; ++row) {
    const bool exists = row < rows;
    const __m512 low = exists ? _mm512_loadu_ps(left + row * kPanel) : _mm512_setzero_ps();
    const __m512 high =
        exists && right != nullptr ? _mm512_loadu_ps(right + row * kPanel) : _mm512_setzero_ps();
    const Pairs pairs = narrowed<kParts>(low, high);
    large[row] = pairs.large;
    small[row] = pairs.small;
  }
  store_transposed(large, out);
  if constexpr (kParts == 2) store_transposed(small, out + kTileElements);
}

}  // namespace

bool packs_tiles() {
  return selected_isa() == Isa::Amx || selected_isa() == Isa::Avx512Bf16;
}

void narrow_rows(
    const float* strip, std::int64_t rows, int parts, Bfloat16* to, std::int64_t part) {
  (parts == 2 ? narrow_rows_in<2> : narrow_rows_in<1>)(strip, rows, to, part);
}

void pack_rows(const float* strip, std::int64_t rows, int parts, Bfloat16* out) {
  (parts == 2 ? pack_rows_in<2> : pack_rows_in<1>)(strip, rows, out);
}

void pack_columns(
    const float* left, const float* right, std::int64_t rows, int parts, Bfloat16* out) {
  (parts == 2 ? pack_columns_in<2> : pack_columns_in<1>)(left, right, rows, out);
}

}  // namespace carnyx::kernels
