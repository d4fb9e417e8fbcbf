#include "carnyx/base/clock.h"

#include <gtest/gtest.h>

namespace carnyx {
namespace {

using namespace std::chrono_literals;

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock;
  const auto wall = clock.now();
  const auto steady = clock.steady();
  EXPECT_EQ(clock.now(), wall);

  clock.advance(1500ms);

  EXPECT_EQ(clock.now() - wall, 1500ms);
  EXPECT_EQ(clock.steady() - steady, 1500ms);
}

TEST(FakeClock, StartsWithTheYear2024) {
  EXPECT_EQ(std::chrono::system_clock::to_time_t(FakeClock().now()), 1704067200);
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  const auto before = clock.steady();

  EXPECT_GE(clock.steady(), before);
}

}  // namespace
}  // namespace carnyx
