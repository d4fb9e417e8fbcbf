// Dropout's draws for whole rows of a panel: dropout_keeps() of math.h on vectors.
#if defined(CARNYX_DROPOUT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_DROPOUT_INL_H
#undef CARNYX_DROPOUT_INL_H
#else
#define CARNYX_DROPOUT_INL_H
#endif

#include <cstring>

#include "kernels/cpu/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows that draw_rows fills at a time: a panel's row takes two blocks of eight draws.
inline constexpr std::int64_t kDrawnRows = HWY_MAX(1, HWY_LANES(std::uint64_t) / 2);

#if HWY_TARGET == HWY_SCALAR

inline void draw_rows(const DrawsKey& key, std::uint32_t row, std::uint16_t* draws) {
  for (std::uint32_t half = 0; half < 2; ++half) {
    const auto block = philox({key.first_block + half, row, key.step, key.stream}, key.seed, 7);
    for (const std::uint32_t word : block) {
      *draws++ = static_cast<std::uint16_t>(word);
      *draws++ = static_cast<std::uint16_t>(word >> 16);
    }
  }
}

#else

/// 16 draws for each of kDrawnRows rows from `row`.
HWY_INLINE void draw_rows(const DrawsKey& key, std::uint32_t row, std::uint16_t* draws) {
  alignas(64) std::uint64_t blocks[2 * hn::MaxLanes(Counters())];
  draw_blocks<7, 1>(key, row, 0, blocks);
  std::memcpy(draws, blocks, sizeof(blocks));
}

#endif

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
