// A run killed at any instant goes on from its last checkpoint and ends with the same bits.
#include <csignal>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/hash.h"
#include "carnyx/base/rng.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/integration/program.h"

namespace carnyx {
namespace {

constexpr int kStepsPerEpoch = 70;
constexpr int kEpochs = 3;
constexpr int kEverySteps = 50;
constexpr int kLastStep = kStepsPerEpoch * kEpochs;

class KilledRuns : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<TemporaryDirectory>();
    test::write_small_mnist(data_->path(), 32 * kStepsPerEpoch - 7, 200);
    const TemporaryDirectory whole;
    ASSERT_EQ(train(whole.path(), "").status, 0);
    expected_ = weights(whole.path());
  }
  static void TearDownTestSuite() { data_.reset(); }

  static test::Outcome train(const std::string& job_dir, const std::string& failpoints) {
    return test::run_program({.arguments = {"train",
                                            "mnist_mlp",
                                            "--job-dir",
                                            job_dir,
                                            "--data-dir",
                                            data_->path(),
                                            "--epochs",
                                            std::to_string(kEpochs),
                                            "--batch-size",
                                            "32",
                                            "--checkpoint-every-steps",
                                            std::to_string(kEverySteps),
                                            "--verbose",
                                            "0"},
                              .environment = {{"CARNYX_FAILPOINTS", failpoints}},
                              .directory = {}});
  }

  /// The digest of all weights and slots after the last step.
  static std::string weights(const std::string& job_dir) {
    return file_hash_hex(
        job_dir + "/checkpoints/step-00000" + std::to_string(kLastStep) + "/tensors.safetensors",
        Hash::Algorithm::Sha256);
  }

  /// The step that a run says it resumed from; 0 if it began anew.
  static int resumed_step(const std::string& err) {
    std::smatch match;
    return std::regex_search(err, match, std::regex("iterations=(\\d+)")) ? std::stoi(match[1]) : 0;
  }

  /// Kills a run by the failpoint and runs it again; `step`: where it died, or -1 if unknown.
  static void kill_and_resume(const std::string& failpoint, int step) {
    SCOPED_TRACE(failpoint);
    const TemporaryDirectory job;
    const test::Outcome killed = train(job.path(), failpoint);
    ASSERT_EQ(killed.signal, SIGKILL) << killed.err;

    const test::Outcome resumed = train(job.path(), "");

    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(weights(job.path()), expected_);
    if (step >= 0) {
      EXPECT_LE(step - resumed_step(resumed.err), kEverySteps);
    }
  }

  static std::unique_ptr<TemporaryDirectory> data_;
  static std::string expected_;
};

std::unique_ptr<TemporaryDirectory> KilledRuns::data_;
std::string KilledRuns::expected_;

TEST_F(KilledRuns, EndWithTheSameBitsAfterDyingInsideACheckpoint) {
  const std::vector<std::string> points = {"checkpoint.begin",
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
  for (const std::string& point : points) {
    for (const int hit : {1, 2, 3, 5}) {
      if (point == "checkpoint.prune" && hit > 4) continue;
      kill_and_resume(point + "=kill@" + std::to_string(hit), -1);
    }
  }
}

TEST_F(KilledRuns, EndWithTheSameBitsAfterDyingInMidEpoch) {
  Rng rng(20261121);
  for (int run = 0; run < 52; ++run) {
    const int step = 1 + static_cast<int>(rng.below(kLastStep));
    kill_and_resume("fit.step=kill@" + std::to_string(step), step - 1);
  }
}

}  // namespace
}  // namespace carnyx
