#include "carnyx/data/epoch_order.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"

namespace carnyx {
namespace {

using Indices = std::vector<std::int64_t>;

Indices next(EpochOrder& order) {
  const auto batch = order.next();
  return {batch.begin(), batch.end()};
}

Indices epoch(EpochOrder& order) {
  Indices all;
  for (std::int64_t i = 0; i < order.batches_per_epoch(); ++i) {
    const auto batch = order.next();
    all.insert(all.end(), batch.begin(), batch.end());
  }
  return all;
}

TEST(EpochOrder, VisitsEverySampleOncePerEpoch) {
  EpochOrder order({.samples = 100, .batch_size = 7, .seed = 3});
  Indices expected(100);
  std::iota(expected.begin(), expected.end(), 0);

  for (int i = 0; i < 3; ++i) {
    Indices seen = epoch(order);
    std::sort(seen.begin(), seen.end());

    EXPECT_EQ(seen, expected);
  }
}

TEST(EpochOrder, DiffersBetweenEpochsAndSeeds) {
  EpochOrder one({.samples = 100, .batch_size = 10, .seed = 1});
  EpochOrder two({.samples = 100, .batch_size = 10, .seed = 2});
  const Indices first = epoch(one);

  EXPECT_NE(first, epoch(one));
  EXPECT_NE(first, epoch(two));
}

TEST(EpochOrder, IsTheSameOnEveryMachineAndInEveryRelease) {
  EpochOrder order({.samples = 8, .batch_size = 8, .seed = 1});

  EXPECT_EQ(next(order), (Indices{4, 7, 3, 6, 1, 2, 0, 5}));
  EXPECT_EQ(next(order), (Indices{2, 3, 5, 4, 7, 0, 6, 1}));
}

TEST(EpochOrder, EndsAnEpochWithWhatIsLeft) {
  EpochOrder order({.samples = 5, .batch_size = 2, .shuffle = false});

  EXPECT_EQ(order.batches_per_epoch(), 3);
  EXPECT_EQ(next(order), (Indices{0, 1}));
  EXPECT_EQ(next(order), (Indices{2, 3}));
  EXPECT_EQ(next(order), (Indices{4}));
  EXPECT_EQ(next(order), (Indices{0, 1}));
}

TEST(EpochOrder, GoesOnFromASavedPosition) {
  EpochOrder order({.samples = 50, .batch_size = 8, .seed = 5});
  for (int i = 0; i < 10; ++i) order.next();
  const EpochPosition saved = order.position();
  const Indices expected = next(order);

  EpochOrder resumed({.samples = 50, .batch_size = 8, .seed = 5});
  resumed.seek(saved);

  EXPECT_EQ(saved, (EpochPosition{.epoch = 1, .batch = 3}));
  EXPECT_EQ(next(resumed), expected);
  EXPECT_EQ(epoch(resumed), epoch(order));
}

TEST(EpochOrder, StandsAtTheNextEpochWhenOneEnds) {
  EpochOrder order({.samples = 4, .batch_size = 2});
  order.next();
  order.next();

  EXPECT_EQ(order.position(), (EpochPosition{.epoch = 1, .batch = 0}));
}

TEST(EpochOrder, ReordersInPlace) {
  EpochOrder order({.samples = 16, .batch_size = 16});

  EXPECT_EQ(order.next().data(), order.next().data());
}

TEST(EpochOrder, TakesABatchLargerThanTheSet) {
  EpochOrder order({.samples = 3, .batch_size = 100, .shuffle = false});

  EXPECT_EQ(next(order), (Indices{0, 1, 2}));
}

TEST(EpochOrder, RefusesWhatCannotBe) {
  EXPECT_THROW(EpochOrder({.samples = 0}), InvalidArgument);
  EXPECT_THROW(EpochOrder({.samples = 10, .batch_size = 0}), InvalidArgument);

  EpochOrder order({.samples = 10, .batch_size = 5});
  EXPECT_THROW(order.seek({.epoch = 0, .batch = 2}), InvalidArgument);
  EXPECT_THROW(order.seek({.epoch = -1, .batch = 0}), InvalidArgument);
}

TEST(EpochOrder, NamesTheSamplesOfABatch) {
  EpochOrder order({.samples = 7, .batch_size = 3, .seed = 1});

  for (int i = 0; i < 4; ++i) {
    const auto rows = order.next();
    EXPECT_TRUE(
        std::equal(rows.begin(), rows.end(), order.samples().begin(), order.samples().end()));
  }
}

}  // namespace
}  // namespace carnyx
