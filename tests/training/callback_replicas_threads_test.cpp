// What callbacks remember lies in the first replica's checkpoint, and decides on all of them.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"
#include "carnyx/training/callbacks/early_stopping.h"

#include "tests/training/step_runs.h"
#include "tests/training/thread_replicas.h"

namespace carnyx {
namespace {

using Weights = std::vector<double>;

/// Each replica's weights after a run in which no epoch but the first counts as better.
std::vector<Weights> train(const std::string& checkpoints, std::int64_t epochs) {
  constexpr int kReplicas = 2;
  std::vector<Weights> weights(kReplicas);
  const auto errors = run_together(kReplicas, [&](Replicas& replicas) {
    Model model(Network({Dense({.units = 3, .activation = Activation::Softmax})}), {.threads = 1});
    model.compile({.optimizer = SGD({.learning_rate = 0.1})});
    model.fit(
        blobs(40, 6, 3),
        {.batch_size = 8,
         .epochs = epochs,
         .callbacks = {std::make_shared<EarlyStopping>(EarlyStoppingOptions{
             .monitor = "loss", .min_delta = 100, .patience = 3, .restore_best_weights = true})},
         .checkpoint = {.directory = checkpoints},
         .replicas = &replicas});
    Weights& own = weights[static_cast<std::size_t>(replicas.rank())];
    for (const std::string& name : model.weight_names()) {
      for (const double value : numbers_of(model.weight(name))) own.push_back(value);
    }
  });
  EXPECT_THAT(errors, testing::Each(std::string()));
  return weights;
}

TEST(CallbackReplicas, AllHaveTheBestWeightsOfARunThatWentOn) {
  const TemporaryDirectory folder;
  const std::vector<Weights> whole = train(folder.path() + "/whole", 10);
  train(folder.path() + "/resumed", 2);

  const std::vector<Weights> resumed = train(folder.path() + "/resumed", 10);

  ASSERT_FALSE(whole[0].empty());
  EXPECT_THAT(whole, testing::Each(whole[0]));
  EXPECT_THAT(resumed, testing::Each(whole[0]));
}

}  // namespace
}  // namespace carnyx
