// A run killed at any instant goes on from its last checkpoint and ends with the same bits.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/integration/killable_job.h"
#include "tests/integration/residual_recipe.h"

namespace carnyx {
namespace {

constexpr int kStepsPerEpoch = 70;
constexpr int kEpochs = 3;

class KilledRuns : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<TemporaryDirectory>();
    test::write_small_mnist(data_->path(), 32 * kStepsPerEpoch - 7, 200);
    const std::vector<std::string> arguments = {"train",
                                                "mnist_mlp",
                                                "--data-dir",
                                                data_->path(),
                                                "--epochs",
                                                std::to_string(kEpochs),
                                                "--batch-size",
                                                "32"};
    job_ = std::make_unique<test::KillableJob>(arguments, kStepsPerEpoch * kEpochs, 50);
    job_->run_whole();
  }
  static void TearDownTestSuite() {
    job_.reset();
    data_.reset();
  }

  static inline std::unique_ptr<TemporaryDirectory> data_;
  static inline std::unique_ptr<test::KillableJob> job_;
};

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
      job_->kill_and_resume(point + "=kill@" + std::to_string(hit), -1);
    }
  }
}

TEST_F(KilledRuns, EndWithTheSameBitsAfterDyingInMidEpoch) {
  Rng rng(20261121);
  for (int run = 0; run < 52; ++run) {
    const int step = 1 + static_cast<int>(rng.below(static_cast<std::uint64_t>(job_->last_step())));
    job_->kill_and_resume("fit.step=kill@" + std::to_string(step), step - 1);
  }
}

/// Pad, crop, flip, standardise; a schedule for each batch; nine steps an epoch.
TEST(KilledResNet, EndsWithTheSameBits) {
  const TemporaryDirectory folder;
  test::write_residual_recipe(folder.path());
  test::KillableJob job({"train",
                         "cifar_resnet",
                         "--resnet_size",
                         "20",
                         "--data_dir",
                         folder.path() + "/cifar",
                         "--batch_size",
                         "16",
                         "--train_epochs",
                         "2",
                         "--skip_eval"},
                        18,
                        4);
  job.run_whole();
  Rng rng(20261128);
  for (int run = 0; run < 10; ++run) {
    const int step = 1 + static_cast<int>(rng.below(static_cast<std::uint64_t>(job.last_step())));
    job.kill_and_resume("fit.step=kill@" + std::to_string(step), step - 1);
  }
}

/// Twenty deaths in all, in steps and inside of checkpoints.
TEST(KilledResidualRuns, EndWithTheSameBits) {
  const TemporaryDirectory folder;
  test::write_residual_recipe(folder.path());
  Rng rng(20261127);
  for (const char* precision : {"float32", "mixed_bfloat16"}) {
    test::KillableJob job = test::residual_job(folder.path(), precision);
    job.run_whole();
    for (int run = 0; run < 8; ++run) {
      const int step = 1 + static_cast<int>(rng.below(static_cast<std::uint64_t>(job.last_step())));
      job.kill_and_resume("fit.step=kill@" + std::to_string(step), step - 1);
    }
    job.kill_and_resume("checkpoint.tensors=kill@2", -1);
    job.kill_and_resume("checkpoint.rename=kill@3", -1);
  }
}

}  // namespace
}  // namespace carnyx
