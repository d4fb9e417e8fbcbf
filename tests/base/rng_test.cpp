#include "carnyx/base/rng.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace carnyx {
namespace {

using Block = std::array<std::uint32_t, 4>;

constexpr std::uint64_t kOnes = ~std::uint64_t{0};
// The digits of pi, as in the known-answer file: counter, then key.
constexpr Block kPiCounter{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
constexpr std::uint64_t kPiKey = 0x299f31d0a4093822;

// The answers are those of kat_vectors in the Random123 library (philox4x32).
TEST(Philox, GivesTheKnownAnswersOfTenRounds) {
  EXPECT_EQ(philox({}, 0), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0U, ~0U, ~0U, ~0U}, kOnes),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox(kPiCounter, kPiKey), (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, GivesTheKnownAnswersOfSevenRounds) {
  EXPECT_EQ(philox({}, 0, 7), (Block{0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48}));
  EXPECT_EQ(philox({~0U, ~0U, ~0U, ~0U}, kOnes, 7),
            (Block{0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662}));
  EXPECT_EQ(philox(kPiCounter, kPiKey, 7), (Block{0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a}));
}

TEST(StreamOf, IsFnv1aOf32Bits) {
  EXPECT_EQ(stream_of(""), 0x811c9dc5U);  // test vectors of the FNV draft
  EXPECT_EQ(stream_of("a"), 0xe40c292cU);
  EXPECT_EQ(stream_of("foobar"), 0xbf9cf968U);
}

TEST(Rng, DrawsTheBlocksOfItsStreamInOrder) {
  Rng rng(7, 9);
  const Block first = philox({0, 0, 9, 0}, 7);
  const Block second = philox({1, 0, 9, 0}, 7);

  std::vector<std::uint32_t> drawn;
  for (int i = 0; i < 8; ++i) drawn.push_back(rng.next());

  std::vector<std::uint32_t> expected(first.begin(), first.end());
  expected.insert(expected.end(), second.begin(), second.end());
  EXPECT_EQ(drawn, expected);
}

TEST(Rng, GoesOnFromItsPositionWhenCopied) {
  Rng original(1);
  original.next();
  Rng copy = original;

  for (int i = 0; i < 9; ++i) EXPECT_EQ(copy.next(), original.next());
}

TEST(Rng, ForksByKeyAndNotByPosition) {
  Rng moved(5);
  moved.next();

  EXPECT_EQ(moved.fork(3).next(), Rng(5).fork(3).next());
  EXPECT_NE(moved.fork(3).next(), moved.fork(4).next());
  EXPECT_NE(moved.fork(3).next(), Rng(6).fork(3).next());
}

TEST(Rng, UniformCoversItsIntervalEvenly) {
  Rng rng(11);
  std::array<int, 10> counts{};

  for (int i = 0; i < 100'000; ++i) {
    const float x = rng.uniform(2.0F, 3.0F);
    ASSERT_GE(x, 2.0F);
    ASSERT_LT(x, 3.0F);
    ++counts[static_cast<std::size_t>((x - 2.0F) * 10.0F)];
  }

  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // 5 standard deviations
}

TEST(Rng, NormalHasMeanZeroAndDeviationOne) {
  Rng rng(12);
  double sum = 0;
  double squares = 0;

  for (int i = 0; i < 100'000; ++i) {
    const double x = rng.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
  }

  EXPECT_NEAR(sum / 100'000, 0, 0.016);  // 5 standard deviations
  EXPECT_NEAR(squares / 100'000, 1, 0.023);
}

TEST(Rng, BelowReachesEveryValueAndNoOther) {
  Rng rng(13);
  std::set<std::uint64_t> seen;

  for (int i = 0; i < 1000; ++i) seen.insert(rng.below(7));

  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(rng.below(1), 0U);
}

TEST(Shuffle, PermutesAndRepeatsWithTheSameSeed) {
  std::vector<int> a(100);
  std::iota(a.begin(), a.end(), 0);
  std::vector<int> b = a;
  const std::vector<int> sorted = a;

  shuffle<int>(a, Rng(3));
  shuffle<int>(b, Rng(3));

  EXPECT_EQ(a, b);
  EXPECT_NE(a, sorted);
  EXPECT_TRUE(std::is_permutation(a.begin(), a.end(), sorted.begin()));
}

TEST(Shuffle, LeavesNothingAndOneThingAlone) {
  std::vector<int> none;
  std::vector<int> one{4};

  shuffle<int>(none, Rng(3));
  shuffle<int>(one, Rng(3));

  EXPECT_TRUE(none.empty());
  EXPECT_EQ(one, std::vector<int>{4});
}

}  // namespace
}  // namespace carnyx
