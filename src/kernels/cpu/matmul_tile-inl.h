// The microkernel: a tile of kRows rows by kPanels panels of c, all of it in registers while k
// runs. Each step of k loads the panels' row of b and multiplies it by one broadcast element of a
// per row.
#if defined(CARNYX_MATMUL_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_MATMUL_TILE_INL_H
#undef CARNYX_MATMUL_TILE_INL_H
#else
#define CARNYX_MATMUL_TILE_INL_H
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <hwy/highway.h>

#include "carnyx/kernels/format.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The largest tile. Accumulators, one row of b and one element of a must fit the registers: 16
// (of 8 lanes: 12 + 2 + 1; of 4: 8 + 4 + 1) or 32 (of 16 lanes: 24 + 2 + 1).
#if HWY_TARGET == HWY_AVX3
inline constexpr std::int64_t kTileRows = 12, kTilePanels = 2;
#elif HWY_TARGET == HWY_AVX2
inline constexpr std::int64_t kTileRows = 6, kTilePanels = 1;
#else
inline constexpr std::int64_t kTileRows = 2, kTilePanels = 1;
#endif

/// Operands of one tile, elements in float32.
struct Tile {
  const float* a;               ///< element [0, 0] of the tile's rows
  std::int64_t a_panel_stride;  ///< from a run of steps of k to the next run
  const float* b;               ///< [k][16]
  std::int64_t b_panel_stride;
  std::int64_t k;
  float* c;  ///< [kRows][16]
  std::int64_t c_panel_stride;
  bool accumulate;                            ///< onto c; else c is overwritten
  float scale;                                ///< of all that leaves the tile
  std::int64_t a_run = kPanel;                ///< steps of k
  const std::int64_t* a_distances = nullptr;  ///< of each run from a, instead of the stride
};

/// sum[row] += a[row] * b_row, a's rows lying kRowStride apart.
template <std::int64_t kRowStride, class V, std::size_t kRows, std::size_t kVectors>
HWY_INLINE void add_products(const float* a,
                             const V (&b_row)[kVectors],
                             V (&sum)[kRows][kVectors]) {
  const hn::DFromV<V> d;
  HWY_UNROLL(12) for (std::size_t row = 0; row < kRows; ++row) {
    const auto element = hn::Set(d, a[static_cast<std::int64_t>(row) * kRowStride]);
    HWY_UNROLL(8) for (std::size_t v = 0; v < kVectors; ++v) {
      sum[row][v] = hn::MulAdd(element, b_row[v], sum[row][v]);
    }
  }
}

/// `kTransposed`: the rows of a lie side by side (a is stored [k, m]), not its steps of k.
template <std::size_t kRows, std::size_t kPanels, bool kTransposed>
void multiply_tile(const Tile& tile) {
  using D = hn::CappedTag<float, kPanel>;
  const D d;
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  constexpr std::size_t kPanelVectors = static_cast<std::size_t>(kPanel) / kLanes;
  constexpr std::size_t kVectors = kPanels * kPanelVectors;
  constexpr std::int64_t kRowStride = kTransposed ? 1 : kPanel, kStep = kTransposed ? kPanel : 1;
  const auto place = [](float* c, std::int64_t panel_stride, std::size_t row, std::size_t vector) {
    return c + static_cast<std::int64_t>(vector / kPanelVectors) * panel_stride +
           static_cast<std::int64_t>(row * kPanel + vector % kPanelVectors * kLanes);
  };

  hn::Vec<D> sum[kRows][kVectors];
  HWY_UNROLL(12) for (std::size_t row = 0; row < kRows; ++row) {
    HWY_UNROLL(8) for (std::size_t v = 0; v < kVectors; ++v) {
      sum[row][v] =
          tile.accumulate ? hn::Load(d, place(tile.c, tile.c_panel_stride, row, v)) : hn::Zero(d);
    }
  }
  const float* b = tile.b;
  const std::int64_t* distance = tile.a_distances;
  std::int64_t stride = 0;
  for (std::int64_t left = tile.k; left > 0; left -= tile.a_run, stride += tile.a_panel_stride) {
    const float* a = tile.a + (distance == nullptr ? stride : *distance++);
    const std::int64_t steps = left < tile.a_run ? left : tile.a_run;
    for (std::int64_t step = 0; step < steps; ++step, b += kPanel) {
      hn::Vec<D> b_row[kVectors];
      HWY_UNROLL(8) for (std::size_t v = 0; v < kVectors; ++v) {
        b_row[v] =
            hn::LoadU(d,
                      b + static_cast<std::int64_t>(v / kPanelVectors) * tile.b_panel_stride +
                          v % kPanelVectors * kLanes);
      }
      add_products<kRowStride>(a + step * kStep, b_row, sum);
    }
  }
  const auto scale = hn::Set(d, tile.scale);
  HWY_UNROLL(12) for (std::size_t row = 0; row < kRows; ++row) {
    HWY_UNROLL(8) for (std::size_t v = 0; v < kVectors; ++v) {
      hn::Store(hn::Mul(sum[row][v], scale), d, place(tile.c, tile.c_panel_stride, row, v));
    }
  }
}

using TileFunction = void (*)(const Tile&);

template <std::size_t kPanels, bool kTransposed, std::size_t... kRowsLessOne>
constexpr auto tiles_of(std::index_sequence<kRowsLessOne...>) {
  return std::array<TileFunction, sizeof...(kRowsLessOne)>{
      &multiply_tile<kRowsLessOne + 1, kPanels, kTransposed>...};
}

/// The tile of `rows` rows (1 to kTileRows) and `panels` panels (1 to kTilePanels).
inline TileFunction tile_function(std::int64_t rows, std::int64_t panels, bool transposed) {
  using Sequence = std::make_index_sequence<static_cast<std::size_t>(kTileRows)>;
  static constexpr std::array kTiles = {
      tiles_of<1, false>(Sequence()),
      tiles_of<1, true>(Sequence()),
      tiles_of<static_cast<std::size_t>(kTilePanels), false>(Sequence()),
      tiles_of<static_cast<std::size_t>(kTilePanels), true>(Sequence())};
  const auto kind = static_cast<std::size_t>(panels > 1 ? 2 : 0) + (transposed ? 1 : 0);
  return kTiles[kind][static_cast<std::size_t>(rows - 1)];
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
