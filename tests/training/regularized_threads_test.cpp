#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/training/regularized_runs.h"
#include "tests/training/thread_replicas.h"

namespace carnyx {
namespace {

/// Of the second batch's two rows, both are the first replica's: the second one adds nothing.
TEST(Regularized, ReplicasEndAsOneProcessDoes) {
  const Json cases = regularized_cases();
  for (const Json& expected : cases.items()) {
    const auto errors = run_together(2, [&](Replicas& replicas) {
      Model model = model_of(expected);
      FitOptions options = as_keras_fits();
      options.replicas = &replicas;
      const History history = model.fit(six_rows(), options);
      EXPECT_NEAR(history.epochs.back().at("loss"), expected.at("losses").at(2).as_number(), 1e-5);
      expect_weights(model, expected, 1e-5);
    });
    EXPECT_EQ(errors, std::vector<std::string>(2));
  }
}

}  // namespace
}  // namespace carnyx
