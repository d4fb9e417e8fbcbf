#include "carnyx/base/file_lock.h"

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/temporary_directory.h"

namespace carnyx {
namespace {

using testing::StartsWith;

class FileLocks : public testing::Test {
 protected:
  TemporaryDirectory folder_;
  std::string path_ = folder_.path() + "/.lock";
};

TEST_F(FileLocks, KeepASecondOneOutAndSayWhoHolds) {
  const auto lock = FileLock::try_lock(path_);

  try {
    FileLock::try_lock(path_);
    FAIL() << "both hold it";
  } catch (const LockHeld& held) {
    EXPECT_THAT(held.holder(), StartsWith(format("pid {} on ", ::getpid())));
  }
}

TEST_F(FileLocks, AreFreeAgainWhenTheHolderIsGone) {
  { const auto lock = FileLock::try_lock(path_); }

  EXPECT_TRUE(FileLock::try_lock(path_).has_value());
}

TEST_F(FileLocks, LeaveNoFileBehind) {
  {
    auto lock = FileLock::try_lock(path_);
    const auto moved = std::move(lock);
    EXPECT_TRUE(exists(path_));
  }
  EXPECT_FALSE(exists(path_));

  const ScopedFailpoints faults("file_lock.lock=enolck");
  FileLock::try_lock(path_);
  EXPECT_FALSE(exists(path_));
}

TEST_F(FileLocks, RemoveNoFileThatAnotherHolds) {
  auto first = FileLock::try_lock(path_);
  remove_all(path_);  // by someone's hand
  const auto second = FileLock::try_lock(path_);

  first.reset();

  EXPECT_THROW(FileLock::try_lock(path_), LockHeld);
}

TEST_F(FileLocks, AreFreeAgainAtOnceWhenTheHolderIsKilled) {
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto lock = FileLock::try_lock(path_);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(holder, nullptr, 0);

  EXPECT_THAT(read_file(path_, 1000), StartsWith(format("pid {} on ", holder)));
  EXPECT_TRUE(FileLock::try_lock(path_).has_value());
}

TEST_F(FileLocks, NameNoHolderThatIsNotPlainText) {
  const auto lock = FileLock::try_lock(path_);
  std::ofstream(path_) << "pid \x1b[2J\n";

  try {
    FileLock::try_lock(path_);
    FAIL() << "both hold it";
  } catch (const LockHeld& held) {
    EXPECT_EQ(held.holder(), "");
  }
}

TEST_F(FileLocks, AreNothingWhereTheFileSystemHasNone) {
  const ScopedFailpoints faults("file_lock.lock=enolck");

  EXPECT_FALSE(FileLock::try_lock(path_).has_value());
}

TEST_F(FileLocks, AreNotTakenThroughALinkThatSomeoneElseLaid) {
  write_file_atomically(folder_.path() + "/target", "precious");
  ASSERT_EQ(::symlink((folder_.path() + "/target").c_str(), path_.c_str()), 0);

  EXPECT_THROW(FileLock::try_lock(path_), IoError);
  EXPECT_EQ(read_file(folder_.path() + "/target", 100), "precious");
}

}  // namespace
}  // namespace carnyx
