// Normal draws for whole rows of a panel: normal_draw() of math.h on vectors.
#if defined(CARNYX_NOISE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_NOISE_INL_H
#undef CARNYX_NOISE_INL_H
#else
#define CARNYX_NOISE_INL_H
#endif

#include <numbers>

#include <hwy/contrib/math/math-inl.h>

#include "kernels/cpu/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {

inline constexpr std::int64_t kNoiseRows = 8;    ///< that add_noise takes at most
inline constexpr std::int64_t kNoiseBlocks = 4;  ///< of Philox to a panel's row

/// Two words to each pair of draws, [row][pair][2].
using NoiseWords = std::array<std::uint32_t, kNoiseRows * kPanel>;

#if HWY_TARGET == HWY_SCALAR

inline void draw_noise_words(const DrawsKey& key, std::uint32_t row, NoiseWords& words) {
  std::uint32_t* to = words.data();
  for (std::uint32_t i = 0; i < kNoiseRows * kNoiseBlocks; ++i) {
    const std::uint32_t block = key.first_block + i % kNoiseBlocks;
    for (const std::uint32_t word :
         philox({block, row + i / static_cast<std::uint32_t>(kNoiseBlocks), key.step, key.stream},
                key.seed)) {
      *to++ = word;
    }
  }
}

#else

HWY_INLINE void draw_noise_words(const DrawsKey& key, std::uint32_t row, NoiseWords& words) {
  constexpr std::size_t kLanes = HWY_LANES(std::uint64_t);
  for (std::uint32_t i = 0; i < kNoiseRows * kNoiseBlocks; i += kLanes) {
    draw_blocks<10, 2>(key, row, i, reinterpret_cast<std::uint64_t*>(words.data() + 4 * i));
  }
}

#endif

/// strip[row][column] += deviation * draw, for up to kNoiseRows rows from `row`.
HWY_INLINE void add_noise(
    const DrawsKey& key, std::uint32_t row, std::int64_t rows, float deviation, float* strip) {
  constexpr std::int64_t kPairs = kPanel / 2;
  const hn::CappedTag<float, kPairs> d;
  const hn::RebindToSigned<decltype(d)> integers;
  const hn::RebindToUnsigned<decltype(d)> unsigneds;
  alignas(64) NoiseWords words;
  draw_noise_words(key, row, words);
  const auto unit = hn::Set(d, 0x1p-24F);
  const auto turn = hn::Set(d, static_cast<float>(0x1p-24 * 2 * std::numbers::pi));
  const auto upper = [&](auto word)
                         HWY_ATTR { return hn::BitCast(integers, hn::ShiftRight<8>(word)); };
  for (std::int64_t i = 0; i < rows * kPairs; i += hn::MaxLanes(d)) {
    hn::Vec<decltype(unsigneds)> first, second;
    hn::LoadInterleaved2(unsigneds, words.data() + 2 * i, first, second);
    const auto one = hn::Set(integers, 1);
    const auto above_zero = hn::Mul(hn::ConvertTo(d, hn::Add(upper(first), one)), unit);
    const auto angle = hn::Mul(hn::ConvertTo(d, upper(second)), turn);
    const auto logarithm = hn::Min(hn::Log(d, above_zero), hn::Zero(d));
    const auto radius =
        hn::Mul(hn::Sqrt(hn::Mul(hn::Set(d, -2.0F), logarithm)), hn::Set(d, deviation));
    float* const left = strip + i / kPairs * kPanel + i % kPairs;
    float* const right = left + kPairs;
    hn::StoreU(hn::MulAdd(radius, hn::Cos(d, angle), hn::LoadU(d, left)), d, left);
    hn::StoreU(hn::MulAdd(radius, hn::Sin(d, angle), hn::LoadU(d, right)), d, right);
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
