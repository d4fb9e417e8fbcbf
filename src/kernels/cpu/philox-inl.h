// Philox4x32 on vectors: philox() of rng.h for as many blocks as there are lanes.
#if defined(CARNYX_PHILOX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_PHILOX_INL_H
#undef CARNYX_PHILOX_INL_H
#else
#define CARNYX_PHILOX_INL_H
#endif

#include <array>
#include <cstdint>

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
  std::uint32_t first_block;  ///< of the panel
};

using Counters = hn::ScalableTag<std::uint64_t>;

#if HWY_TARGET != HWY_SCALAR

/// Product of the lower halves of each lane.
template <class V>
HWY_INLINE V multiply_halves(V x, std::uint32_t y) {
  const hn::Repartition<std::uint32_t, Counters> words;
  return hn::MulEven(hn::BitCast(words, x), hn::Set(words, y));
}

/// Blocks from the `first`-th on, a lane each, of rows that take 2^kLogBlocks of them, beginning
/// with `row`; the four words of a block follow each other. In a register a word sits in the lower
/// half of its lane, and what is above is noise until the end.
template <int kRounds, int kLogBlocks>
HWY_INLINE void draw_blocks(const DrawsKey& key,
                            std::uint32_t row,
                            std::uint32_t first,
                            std::uint64_t* blocks) {
  constexpr std::uint32_t kMultiplier0 = 0xD2511F53U, kMultiplier1 = 0xCD9E8D57U;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9U, kWeyl1 = 0xBB67AE85U;
  const Counters d;
  const auto index = hn::Iota(d, first);
  const auto in_row = hn::And(index, hn::Set(d, (std::uint64_t{1} << kLogBlocks) - 1));
  auto word0 = hn::Add(hn::Set(d, std::uint64_t{key.first_block}), in_row);
  auto word1 = hn::Add(hn::Set(d, std::uint64_t{row}), hn::ShiftRight<kLogBlocks>(index));
  auto word2 = hn::Set(d, std::uint64_t{key.step});
  auto word3 = hn::Set(d, std::uint64_t{key.stream});
  auto key0 = static_cast<std::uint32_t>(key.seed),
       key1 = static_cast<std::uint32_t>(key.seed >> 32);
  for (int round = 0; round < kRounds; ++round, key0 += kWeyl0, key1 += kWeyl1) {
    const auto product0 = multiply_halves(word0, kMultiplier0);
    const auto product1 = multiply_halves(word2, kMultiplier1);
    word0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), word1), hn::Set(d, std::uint64_t{key0}));
    word1 = product1;
    word2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), word3), hn::Set(d, std::uint64_t{key1}));
    word3 = product0;
  }
  const auto lower = hn::Set(d, std::uint64_t{0xFFFFFFFFU});
  hn::StoreInterleaved2(hn::Or(hn::And(word0, lower), hn::ShiftLeft<32>(word1)),
                        hn::Or(hn::And(word2, lower), hn::ShiftLeft<32>(word3)),
                        d,
                        blocks);
}

#endif

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
