// What several replicas report is what one process reports.
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "tests/training/step_runs.h"
#include "tests/training/thread_replicas.h"

namespace carnyx {
namespace {

Model measured_model() {
  Model model(
      Network({Dense({.units = 3, .activation = Activation::Softmax, .input_shape = {{6}}})}),
      {.threads = 1});
  model.compile({.optimizer = SGD({.learning_rate = 0.1}),
                 .metrics = {Accuracy({}),
                             metrics::AUC({.num_thresholds = 30}),
                             metrics::F1Score({}),
                             metrics::OneHotMeanIoU({.num_classes = 3}),
                             metrics::MeanOf(CosineSimilarity({}))},
                 .weighted_metrics = {metrics::Recall({}),
                                      metrics::RootMeanSquaredError({}),
                                      metrics::SumOf(MeanAbsoluteError())}});
  return model;
}

Dataset weighted_rows() {
  Dataset data = with_targets(blobs(45, 6, 3), {3}, true);
  data.sample_weight = Tensor(DType::Float32, {45});
  Rng rng(3);
  for (float& weight : data.sample_weight.data<float>()) weight = rng.uniform(0, 2);
  return data;
}

TEST(Replicas, ReportTheMetricsOfOneProcess) {
  const Dataset data = weighted_rows();
  Model alone = measured_model();
  const History wanted = alone.fit(data, {.batch_size = 16, .epochs = 2});

  std::mutex mutex;
  std::vector<History> histories;
  const auto errors = run_together(3, [&](Replicas& replicas) {
    Model model = measured_model();
    History history = model.fit(data, {.batch_size = 16, .epochs = 2, .replicas = &replicas});
    const std::lock_guard lock(mutex);
    histories.push_back(std::move(history));
  });

  for (const std::string& error : errors) EXPECT_EQ(error, "");
  ASSERT_EQ(histories.size(), 3);
  for (const History& history : histories) {
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      for (const auto& [name, value] : wanted.epochs[epoch].entries()) {
        EXPECT_NEAR(history.epochs[epoch].at(name), value, 1e-5) << name;
      }
    }
  }
}

}  // namespace
}  // namespace carnyx
