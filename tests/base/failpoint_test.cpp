#include "carnyx/base/failpoint.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

namespace carnyx {
namespace {

TEST(Failpoint, DoesNothingWhenNoneIsArmed) {
  const ScopedFailpoints none("");

  EXPECT_NO_THROW(failpoint("a"));
  EXPECT_EQ(failpoint_error("a"), 0);
}

TEST(Failpoint, FailsOnlyUnderItsOwnName) {
  const ScopedFailpoints failpoints("a=enospc,b=eio");

  EXPECT_EQ(failpoint_error("a"), ENOSPC);
  EXPECT_EQ(failpoint_error("b"), EIO);
  EXPECT_EQ(failpoint_error("c"), 0);
  EXPECT_THROW(failpoint("a"), IoError);
}

TEST(Failpoint, FailsOnTheArrivalAskedForAndNoOther) {
  const ScopedFailpoints failpoints("a=eio@2");

  EXPECT_EQ(failpoint_error("a"), 0);
  EXPECT_EQ(failpoint_error("a"), EIO);
  EXPECT_EQ(failpoint_error("a"), 0);
}

TEST(Failpoint, RejectsASpecificationThatIsNone) {
  for (const char* spec :
       {"a", "=eio", "a=", "a=boom", "a=eio@", "a=eio@0", "a=eio@x", "a=eio@1x"}) {
    EXPECT_THROW(ScopedFailpoints{spec}, InvalidArgument) << spec;
  }
}

class FailpointDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(FailpointDeathTest, KillsAndAborts) {
  const ScopedFailpoints failpoints("a=kill,b=abort");

  EXPECT_EXIT(failpoint("a"), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(failpoint("b"), testing::KilledBySignal(SIGABRT), "");
}

TEST_F(FailpointDeathTest, ReadsTheEnvironment) {
  EXPECT_EXIT(
      {
        ::setenv("CARNYX_FAILPOINTS", "a=kill", 1);  // NOLINT(concurrency-mt-unsafe)
        failpoint("a");
      },
      testing::KilledBySignal(SIGKILL),
      "");
}

TEST_F(FailpointDeathTest, LeavesTheOldFileWhenKilledBeforeTheRename) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "x", "old");

  EXPECT_EXIT(
      {
        const ScopedFailpoints failpoints("files.rename=kill");
        write_file_atomically(directory / "x", "new");
      },
      testing::KilledBySignal(SIGKILL),
      "");

  EXPECT_EQ(read_file(directory / "x", 100), "old");
}

}  // namespace
}  // namespace carnyx
