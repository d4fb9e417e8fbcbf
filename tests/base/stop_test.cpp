#include "carnyx/base/stop.h"

#include <csignal>

#include <gtest/gtest.h>

#include "carnyx/base/ensure.h"

namespace carnyx {
namespace {

TEST(StopFlag, KeepsTheFirstRequest) {
  StopFlag flag;
  EXPECT_EQ(flag.stop_requested(), std::nullopt);

  flag.request(SIGTERM);
  flag.request(SIGINT);

  EXPECT_EQ(flag.stop_requested(), SIGTERM);
}

TEST(StopOnSignals, RaisesTheFlagAndLetsTheProgramGoOn) {
  StopFlag flag;
  const StopOnSignals handlers(flag);

  std::raise(SIGTERM);

  EXPECT_EQ(flag.stop_requested(), SIGTERM);
}

TEST(StopOnSignals, TakesInterruptAfterTermAsARequestToo) {
  StopFlag flag;
  const StopOnSignals handlers(flag);

  std::raise(SIGTERM);
  std::raise(SIGINT);

  EXPECT_EQ(flag.stop_requested(), SIGTERM);
}

TEST(StopOnSignals, IsOneAtATime) {
  StopFlag flag;
  const StopOnSignals handlers(flag);

  EXPECT_THROW(StopOnSignals{flag}, InternalError);
}

TEST(StopOnSignalsDeathTest, EndsAtOnceOnTheSecondInterrupt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        StopFlag flag;
        const StopOnSignals handlers(flag);
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::ExitedWithCode(130),
      "");
}

TEST(StopOnSignalsDeathTest, GivesTheSignalsBack) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        StopFlag flag;
        { const StopOnSignals handlers(flag); }
        std::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM),
      "");
}

}  // namespace
}  // namespace carnyx
