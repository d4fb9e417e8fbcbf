// Written with intrinsics: Highway has no tiles. Functions name the instructions they need, so that
// the file is compiled for the baseline and nothing of it can leak into other code.
#include "kernels/cpu/tiles.h"

#include <array>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/format.h"

#ifdef CARNYX_EMULATE_TILES
#include "kernels/cpu/emulated_tiles.h"
#define CARNYX_TILES
#else
#include <immintrin.h>
#define CARNYX_TILES __attribute__((target("amx-tile,amx-bf16")))  // NOLINT
#endif

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kRowBytes = 64;

struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{};
  std::array<std::uint8_t, 16> rows{};
};

constexpr TileConfiguration eight_whole_tiles() {
  TileConfiguration configuration;
  for (std::size_t i = 0; i < 8; ++i) {
    configuration.row_bytes[i] = kRowBytes;
    configuration.rows[i] = 16;
  }
  return configuration;
}

constexpr TileConfiguration kConfiguration = eight_whole_tiles();

/// The intrinsics do not tell the compiler what memory they read.
void all_memory_is_read() {
  asm volatile("" ::: "memory");  // NOLINT(hicpp-no-assembler)
}

// Tiles 0 to 3 are c, [row tile][panel]; 4 and 5 are a's row tiles; 6 and 7 b's panels. A product
// waits for loads only, so each pair of loads stands just before the products that need it.

template <int kRowTiles, int kPanels>
CARNYX_TILES inline void load_c(const TileBlock& block) {
  const float* second = block.c + block.c_panel;
  if (!block.accumulate) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    return;
  }
  _tile_loadd(0, block.c, kRowBytes);
  if constexpr (kPanels == 2) _tile_loadd(1, second, kRowBytes);
  if constexpr (kRowTiles == 2) _tile_loadd(2, block.c + 16 * kPanel, kRowBytes);
  if constexpr (kRowTiles == 2 && kPanels == 2) _tile_loadd(3, second + 16 * kPanel, kRowBytes);
}

template <int kRowTiles, int kPanels>
CARNYX_TILES inline void store_c(const TileBlock& block) {
  float* second = block.c + block.c_panel;
  _tile_stored(0, block.c, kRowBytes);
  if constexpr (kPanels == 2) _tile_stored(1, second, kRowBytes);
  if constexpr (kRowTiles == 2) _tile_stored(2, block.c + 16 * kPanel, kRowBytes);
  if constexpr (kRowTiles == 2 && kPanels == 2) _tile_stored(3, second + 16 * kPanel, kRowBytes);
}

/// a streams by once a group of panels: kept out of L1, it leaves room there for b and c.
template <int kRowTiles>
CARNYX_TILES inline void load_a(const Bfloat16* a) {
  _tile_stream_loadd(4, a, kRowBytes);
  if constexpr (kRowTiles == 2) _tile_stream_loadd(5, a + 16 * kLineWidth, kRowBytes);
}

template <int kPanels>
CARNYX_TILES inline void load_b(const Bfloat16* b, std::int64_t panel) {
  _tile_loadd(6, b, kRowBytes);
  if constexpr (kPanels == 2) _tile_loadd(7, b + panel, kRowBytes);
}

template <int kRowTiles, int kPanels>
CARNYX_TILES inline void add_products() {
  _tile_dpbf16ps(0, 4, 6);
  if constexpr (kPanels == 2) _tile_dpbf16ps(1, 4, 7);
  if constexpr (kRowTiles == 2) _tile_dpbf16ps(2, 5, 6);
  if constexpr (kRowTiles == 2 && kPanels == 2) _tile_dpbf16ps(3, 5, 7);
}

template <int kRowTiles, int kPanels, int kParts>
CARNYX_TILES void multiply(const TileBlock& block) {
  all_memory_is_read();
  load_c<kRowTiles, kPanels>(block);
  const Bfloat16* a = block.a;
  const Bfloat16* b = block.b;
  for (std::int64_t k = 0; k < block.k_tiles; ++k) {
    load_b<kPanels>(b, block.b_panel);
    if constexpr (kParts == 2) {
      load_a<kRowTiles>(a + block.a_part);
      add_products<kRowTiles, kPanels>();
    }
    load_a<kRowTiles>(a);
    add_products<kRowTiles, kPanels>();
    if constexpr (kParts == 2) {
      load_b<kPanels>(b + kTileElements, block.b_panel);
      add_products<kRowTiles, kPanels>();
    }
    a += block.a_stride;
    b += kParts * kTileElements;
  }
  store_c<kRowTiles, kPanels>(block);
  all_memory_is_read();
}

template <int kParts>
void multiply_parts(const TileBlock& block, std::int64_t row_tiles, std::int64_t panels) {
  if (row_tiles == 2) return (panels == 2 ? multiply<2, 2, kParts> : multiply<2, 1, kParts>)(block);
  return (panels == 2 ? multiply<1, 2, kParts> : multiply<1, 1, kParts>)(block);
}

CARNYX_TILES void configure() {
  all_memory_is_read();
  _tile_loadconfig(&kConfiguration);
}

/// Without it every switch of threads would save 8 KiB.
CARNYX_TILES void release() {
  _tile_release();
}

}  // namespace

TileScope::TileScope(bool registers) : registers_(registers) {
  if (registers_) configure();
}

TileScope::~TileScope() {
  if (registers_) release();
}

void multiply_tiles(const TileBlock& block,
                    std::int64_t row_tiles,
                    std::int64_t panels,
                    int parts) {
  CARNYX_ENSURE((row_tiles == 1 || row_tiles == 2) && (panels == 1 || panels == 2));
  (parts == 2 ? multiply_parts<2> : multiply_parts<1>)(block, row_tiles, panels);
}

}  // namespace carnyx::kernels
