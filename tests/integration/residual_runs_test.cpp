// A convolutional job from outside; killed at twenty points in killed_runs_slow_test.cpp.
#include <gtest/gtest.h>

#include "tests/integration/residual_recipe.h"

namespace carnyx {
namespace {

TEST(ResidualRuns, EndWithTheSameBitsAfterDyingInMidEpoch) {
  const TemporaryDirectory folder;
  test::write_residual_recipe(folder.path());
  test::KillableJob job = test::residual_job(folder.path(), "float32");
  job.run_whole();

  job.kill_and_resume("fit.step=kill@14", 13);
}

}  // namespace
}  // namespace carnyx
