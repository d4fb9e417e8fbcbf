// The tile instructions as plain vector code, for builds that test products on tile registers where
// the processor has none (CARNYX_EMULATE_TILES): the same calls, sums in the order that Intel's
// Software Developer's Manual gives for each instruction, and the same failure where a thread has
// not configured its tiles.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "carnyx/base/ensure.h"

namespace carnyx::kernels {

using TileFloats [[gnu::vector_size(64)]] = float;
using TileBits [[gnu::vector_size(64)]] = std::uint32_t;

struct EmulatedTile {
  std::array<TileBits, 16> rows;
};

struct EmulatedTiles {
  bool configured = false;
  std::array<EmulatedTile, 8> tiles{};

  EmulatedTile& operator[](std::size_t tile) {
    CARNYX_ENSURE(configured);  // the processor raises an invalid-opcode exception
    return tiles[tile];
  }
};

inline thread_local EmulatedTiles emulated_tiles;

/// Of a row's pairs of bfloat16 numbers, the first of each as float32, or the second.
[[gnu::target("avx512f")]] inline TileFloats first_of_pairs(const TileBits& pairs) {
  return reinterpret_cast<TileFloats>(pairs << 16);
}
[[gnu::target("avx512f")]] inline TileFloats second_of_pairs(const TileBits& pairs) {
  return reinterpret_cast<TileFloats>(pairs & 0xFFFF0000U);
}

// NOLINTBEGIN(readability-identifier-naming): the intrinsics' own names

inline void _tile_loadconfig(const void* configuration) {
  emulated_tiles.configured = static_cast<const std::uint8_t*>(configuration)[0] == 1;
}

inline void _tile_release() {
  emulated_tiles = {};
}

inline void _tile_zero(std::size_t tile) {
  emulated_tiles[tile] = {};
}

inline void _tile_loadd(std::size_t tile, const void* from, std::size_t row_bytes) {
  EmulatedTile& loaded = emulated_tiles[tile];
  for (std::size_t row = 0; row < 16; ++row) {
    std::memcpy(&loaded.rows[row], static_cast<const std::byte*>(from) + row * row_bytes, 64);
  }
}

inline void _tile_stream_loadd(std::size_t tile, const void* from, std::size_t row_bytes) {
  _tile_loadd(tile, from, row_bytes);
}

inline void _tile_stored(std::size_t tile, void* to, std::size_t row_bytes) {
  const EmulatedTile& stored = emulated_tiles[tile];
  for (std::size_t row = 0; row < 16; ++row) {
    std::memcpy(static_cast<std::byte*>(to) + row * row_bytes, &stored.rows[row], 64);
  }
}

/// c += a b: products of first and of second numbers are summed apart, then together, then into c.
[[gnu::target("avx512f")]] inline void _tile_dpbf16ps(std::size_t c, std::size_t a, std::size_t b) {
  EmulatedTile& sums = emulated_tiles[c];
  const EmulatedTile& left = emulated_tiles[a];
  const EmulatedTile& right = emulated_tiles[b];
  for (std::size_t row = 0; row < 16; ++row) {
    TileFloats first{}, second{};
    for (std::size_t pair = 0; pair < 16; ++pair) {
      const TileBits repeated = TileBits{} + left.rows[row][pair];
      first += first_of_pairs(repeated) * first_of_pairs(right.rows[pair]);
      second += second_of_pairs(repeated) * second_of_pairs(right.rows[pair]);
    }
    sums.rows[row] =
        reinterpret_cast<TileBits>(reinterpret_cast<TileFloats>(sums.rows[row]) + (first + second));
  }
}

// NOLINTEND(readability-identifier-naming)

}  // namespace carnyx::kernels
