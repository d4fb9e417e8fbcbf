#include "carnyx/saving/checkpoint.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Checkpoint at_step(std::int64_t step) {
  return {.step = step,
          .tensors = {{"dense/kernel", numbers({4, 5}, static_cast<float>(step))},
                      {"velocity/dense/kernel", numbers({4, 5}, 0)}},
          .state = Json::object({{"epoch", step / 10}, {"best", 0.1}})};
}

void expect_equal(const Checkpoint& checkpoint, const Checkpoint& expected) {
  EXPECT_EQ(checkpoint.step, expected.step);
  EXPECT_EQ(contents(checkpoint.tensors), contents(expected.tensors));
  EXPECT_EQ(checkpoint.state, expected.state);
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

void change_a_byte(const std::string& path) {
  std::string bytes = read_file(path, 1 << 20);
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomically(path, bytes);
}

/// Saves `step` in a process of its own, with faults. Returns whether it was killed.
bool is_killed_saving(CheckpointDirectory& directory,
                      std::int64_t step,
                      const std::string& faults) {
  const pid_t child = ::fork();
  if (child == 0) {
    const ScopedFailpoints failpoints(faults);
    directory.save(at_step(step));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

constexpr const char* kPoints[] = {"checkpoint.begin",
                                   "checkpoint.tensors",
                                   "checkpoint.state",
                                   "checkpoint.manifest",
                                   "checkpoint.rename",
                                   "checkpoint.after_rename",
                                   "checkpoint.prune",
                                   "files.open",
                                   "files.write",
                                   "files.sync",
                                   "files.rename",
                                   "files.sync_directory"};

class CheckpointDirectoryTest : public testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::Off); }  // the faults are on purpose
  void TearDown() override { log::set_level(log::Level::Info); }

  [[nodiscard]] std::string file(std::string_view step, std::string_view name) const {
    return path_ + "/" + std::string(step) + "/" + std::string(name);
  }

  TemporaryDirectory temporary_;
  std::string path_ = temporary_ / "checkpoints";
  CheckpointDirectory directory_{path_};
};

TEST_F(CheckpointDirectoryTest, HasNothingBeforeTheFirstSave) {
  EXPECT_FALSE(directory_.load_latest().has_value());
  EXPECT_TRUE(directory_.steps().empty());
}

TEST_F(CheckpointDirectoryTest, LoadsWhatWasSaved) {
  directory_.save(at_step(7));

  expect_equal(directory_.load_latest().value(), at_step(7));
  EXPECT_THAT(names_in(path_), ElementsAre("step-00000007"));
  EXPECT_THAT(names_in(path_ + "/step-00000007"),
              ElementsAre("MANIFEST.json", "state.json", "tensors.safetensors"));
}

TEST_F(CheckpointDirectoryTest, LoadsTheNewestAndKeepsAsManyAsAsked) {
  CheckpointDirectory directory(path_, {.keep = 3});
  for (const std::int64_t step : {5, 10, 20, 100'000'000, 200'000'000}) {
    directory.save(at_step(step));
  }

  EXPECT_THAT(directory.steps(), ElementsAre(20, 100'000'000, 200'000'000));
  expect_equal(directory.load_latest().value(), at_step(200'000'000));
}

TEST_F(CheckpointDirectoryTest, RefusesToKeepNothingAndNegativeSteps) {
  EXPECT_THROW(CheckpointDirectory(path_, {.keep = 0}), InvalidArgument);
  EXPECT_THROW(directory_.save(at_step(-1)), InvalidArgument);
}

TEST_F(CheckpointDirectoryTest, SkipsDamagedOnesAndSaysWhy) {
  directory_.save(at_step(1));
  directory_.save(at_step(2));
  change_a_byte(file("step-00000002", "tensors.safetensors"));
  log::set_level(log::Level::Warning);

  testing::internal::CaptureStderr();
  const auto loaded = directory_.load_latest();
  const std::string told = testing::internal::GetCapturedStderr();

  expect_equal(loaded.value(), at_step(1));
  EXPECT_THAT(told, HasSubstr("step-00000002/tensors.safetensors: expected the SHA-256"));
}

TEST_F(CheckpointDirectoryTest, SkipsOnesWithAFileDamagedCutOrGone) {
  for (const char* name : {"tensors.safetensors", "state.json", "MANIFEST.json"}) {
    for (const int harm : {0, 1, 2}) {
      CheckpointDirectory directory(temporary_ / format("{}{}", name, harm));
      directory.save(at_step(1));
      directory.save(at_step(2));
      const std::string path = temporary_ / format("{}{}/step-00000002/{}", name, harm, name);

      if (harm == 0) change_a_byte(path);
      if (harm == 1) std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
      if (harm == 2) std::filesystem::remove(path);

      EXPECT_EQ(directory.load_latest().value().step, 1) << name << harm;
    }
  }
}

TEST_F(CheckpointDirectoryTest, SkipsOneThatWasGivenAnotherStepsName) {
  directory_.save(at_step(1));
  std::filesystem::copy(
      path_ + "/step-00000001", path_ + "/step-00000009", std::filesystem::copy_options::recursive);

  EXPECT_EQ(directory_.load_latest().value().step, 1);
}

TEST_F(CheckpointDirectoryTest, ReadsOnlyNamesThatItWrites) {
  directory_.save(at_step(1));
  for (const char* name : {"step-2", "step-00000003x", "step--0000004", "latest", ".tmp-5-1"}) {
    std::filesystem::create_directories(path_ + "/" + name);
  }

  EXPECT_THAT(directory_.steps(), ElementsAre(1));
}

TEST_F(CheckpointDirectoryTest, ReplacesACheckpointOfTheSameStep) {
  directory_.save(at_step(1));
  directory_.save(at_step(2));
  change_a_byte(file("step-00000002", "state.json"));

  directory_.save(at_step(2));

  expect_equal(directory_.load_latest().value(), at_step(2));
  EXPECT_THAT(names_in(path_), ElementsAre("step-00000001", "step-00000002"));
}

TEST_F(CheckpointDirectoryTest, NeverCountsADamagedOneAsKept) {
  for (const std::int64_t step : {1, 2}) directory_.save(at_step(step));
  std::filesystem::remove(file("step-00000002", "MANIFEST.json"));

  directory_.save(at_step(3));

  EXPECT_THAT(directory_.steps(), ElementsAre(1, 3));
}

/// A new folder with a checkpoint of step 1 that keeps one.
class WithStepOne {
 public:
  explicit WithStepOne(const std::string& root) : root_(root) {
    CheckpointDirectory(root_ + "/first").save(at_step(1));
  }
  CheckpointDirectory make(const std::string& name) const {
    std::filesystem::copy(
        root_ + "/first", root_ + "/" + name, std::filesystem::copy_options::recursive);
    return CheckpointDirectory(root_ + "/" + name, {.keep = 1});
  }

 private:
  std::string root_;
};

TEST_F(CheckpointDirectoryTest, KeepsAWholeOneThroughEveryFaultOfTheDisk) {
  const WithStepOne with_step_one(temporary_.path());
  for (const char* point : kPoints) {
    for (int arrival = 1;; ++arrival) {
      const char* action = arrival % 2 == 0 ? "eio" : "enospc";
      const std::string faults = format("{}={}@{}", point, action, arrival);
      CheckpointDirectory directory = with_step_one.make(faults);
      bool has_failed = false;
      try {
        const ScopedFailpoints failpoints(faults);
        directory.save(at_step(2));
      } catch (const IoError&) {
        has_failed = true;
      }

      const Checkpoint loaded = directory.load_latest().value();
      expect_equal(loaded, at_step(loaded.step));
      EXPECT_TRUE(loaded.step == 2 || (has_failed && loaded.step == 1)) << faults;
      for (const std::string& name : names_in(temporary_ / faults)) {
        EXPECT_THAT(name, testing::StartsWith("step-")) << faults;
      }
      if (!has_failed && arrival > 1) break;  // the first one to prune fails without an error
    }
  }
}

TEST_F(CheckpointDirectoryTest, LoadsAWholeOneAfterAKillAtAnyInstant) {
  const WithStepOne with_step_one(temporary_.path());
  int kills = 0;
  for (const char* point : kPoints) {
    for (int arrival = 1;; ++arrival) {
      const std::string faults = format("{}=kill@{}", point, arrival);
      CheckpointDirectory directory = with_step_one.make(faults);

      const bool was_killed = is_killed_saving(directory, 2, faults);

      const Checkpoint loaded = directory.load_latest().value();
      expect_equal(loaded, at_step(loaded.step));
      EXPECT_TRUE(loaded.step == 2 || (was_killed && loaded.step == 1)) << faults;
      if (!was_killed) break;
      ++kills;
    }
  }

  EXPECT_GE(kills, 20);
}

TEST_F(CheckpointDirectoryTest, RemovesWhatAKilledProcessLeft) {
  directory_.save(at_step(1));
  ASSERT_TRUE(is_killed_saving(directory_, 2, "checkpoint.rename=kill"));
  ASSERT_EQ(names_in(path_).size(), 2U);

  directory_.save(at_step(3));

  EXPECT_THAT(names_in(path_), ElementsAre("step-00000001", "step-00000003"));
}

TEST_F(CheckpointDirectoryTest, RemovesWhatAnEarlierProcessOfItsNumberLeft) {
  std::filesystem::create_directories(path_ + "/" + format(".tmp-5-{}/x", ::getpid()));

  directory_.save(at_step(1));

  EXPECT_THAT(names_in(path_), ElementsAre("step-00000001"));
}

TEST_F(CheckpointDirectoryTest, LoadsAWholeOneAfterAKillWhileTheSameStepIsReplaced) {
  const WithStepOne with_step_one(temporary_.path());
  for (const char* faults : {"checkpoint.rename=kill",
                             "files.rename=kill@3",
                             "files.rename=kill@4",
                             "files.sync_directory=kill@4",
                             "checkpoint.after_rename=kill"}) {
    CheckpointDirectory directory = with_step_one.make(faults);

    EXPECT_TRUE(is_killed_saving(directory, 1, faults)) << faults;

    expect_equal(directory.load_latest().value(), at_step(1));
  }
}

TEST_F(CheckpointDirectoryTest, TellsTheRemedyWhenTheDiskIsFull) {
  const ScopedFailpoints failpoints("files.write=enospc");

  EXPECT_THAT(message_of<IoError>([&] { directory_.save(at_step(1)); }),
              testing::AllOf(HasSubstr(path_), HasSubstr("free space")));
}

TEST_F(CheckpointDirectoryTest, LeavesTheTemporaryOfALiveProcess) {
  const std::string theirs = path_ + "/" + format(".tmp-5-{}", ::getppid());
  std::filesystem::create_directories(theirs);

  directory_.save(at_step(1));

  EXPECT_TRUE(exists(theirs));
}

TEST_F(CheckpointDirectoryTest, SaysThatNoneCanBeReadInsteadOfBeginningAnew) {
  directory_.save(at_step(1));
  const ScopedFailpoints failpoints("files.read=eio");

  EXPECT_THROW((void)directory_.load_latest(), IoError);
}

}  // namespace
}  // namespace carnyx
