// Dropout's draws for whole rows of a panel: dropout_keeps() of math.h on vectors.
#if defined(CARNYX_DROPOUT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_DROPOUT_INL_H
#undef CARNYX_DROPOUT_INL_H
#else
#define CARNYX_DROPOUT_INL_H
#endif

#include <array>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/format.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// What fixes the draws of a panel, but for the row.
struct DrawsKey {
  std::uint64_t seed;
  std::uint32_t stream, step;
  std::uint32_t first_block;  ///< of the panel: its first column / 8
};

using Counters = hn::ScalableTag<std::uint64_t>;

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

/// Product of the lower halves of each lane.
template <class V>
HWY_INLINE V multiply_halves(V x, std::uint32_t y) {
  const hn::Repartition<std::uint32_t, Counters> words;
  return hn::MulEven(hn::BitCast(words, x), hn::Set(words, y));
}

/// 16 draws for each of kDrawnRows rows from `row`. A lane is one block of Philox4x32-7; a word of
/// it sits in the lower half of the lane, and what is above is noise until the end.
HWY_INLINE void draw_rows(const DrawsKey& key, std::uint32_t row, std::uint16_t* draws) {
  constexpr std::uint32_t kMultiplier0 = 0xD2511F53U, kMultiplier1 = 0xCD9E8D57U;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9U, kWeyl1 = 0xBB67AE85U;
  const Counters d;
  const auto lane = hn::Iota(d, 0U);
  const auto half = hn::And(lane, hn::Set(d, 1U));
  auto word0 = hn::Add(hn::Set(d, std::uint64_t{key.first_block}), half);
  auto word1 = hn::Add(hn::Set(d, std::uint64_t{row}), hn::ShiftRight<1>(lane));
  auto word2 = hn::Set(d, std::uint64_t{key.step});
  auto word3 = hn::Set(d, std::uint64_t{key.stream});
  auto key0 = static_cast<std::uint32_t>(key.seed),
       key1 = static_cast<std::uint32_t>(key.seed >> 32);
  for (int round = 0; round < 7; ++round, key0 += kWeyl0, key1 += kWeyl1) {
    const auto product0 = multiply_halves(word0, kMultiplier0);
    const auto product1 = multiply_halves(word2, kMultiplier1);
    word0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), word1), hn::Set(d, std::uint64_t{key0}));
    word1 = product1;
    word2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), word3), hn::Set(d, std::uint64_t{key1}));
    word3 = product0;
  }
  const auto lower = hn::Set(d, std::uint64_t{0xFFFFFFFFU});
  alignas(64) std::uint64_t blocks[2 * hn::MaxLanes(Counters())];
  hn::StoreInterleaved2(hn::Or(hn::And(word0, lower), hn::ShiftLeft<32>(word1)),
                        hn::Or(hn::And(word2, lower), hn::ShiftLeft<32>(word3)),
                        d,
                        blocks);
  std::memcpy(draws, blocks, sizeof(blocks));
}

#endif

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
