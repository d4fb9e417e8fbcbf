// What the documents' programs say and write while they train: speeds, an Estimator's lines, the
// benchmark logger's files.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/json.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/layers/core.h"
#include "carnyx/training/model.h"

#include "trainers/benchmark_files.h"
#include "trainers/estimator_lines.h"
#include "trainers/plan_times.h"
#include "trainers/time_history.h"

namespace carnyx {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct Screen final : ProgressOutput {
  std::string text;
  void write(std::string_view part) override { text += part; }
  bool is_terminal() const override { return false; }
  bool has_color() const override { return false; }
};

/// A run of 2 epochs of 4 steps of 8 samples, told to a callback.
class RunLines : public testing::Test {
 protected:
  void step(Callback& callback, std::int64_t epoch, std::int64_t index, double mean_loss) {
    model_.set_iterations(model_.iterations() + 1);
    if ((index + 1) % callback.every_steps() == 0 || index + 1 == run_.steps_per_epoch) {
      callback.on_step(context_, epoch, index, Logs{{"loss", mean_loss}});
    }
  }

  Screen screen_;
  FakeClock clock_;
  RunInfo run_{.epochs = 2, .steps_per_epoch = 4, .samples = 32, .batch_size = 8};
  Model model_{Network({Dense({.units = 1, .input_shape = {{1}}})}), {.threads = 1}};
  CallbackContext context_{.model = model_, .run = run_};
};

TEST_F(RunLines, SayTheSpeedEveryFewStepsAndEpochs) {
  std::vector<double> speeds;
  TimeHistory times({.log_steps = 6,
                     .output = &screen_,
                     .on_speed = [&](std::int64_t, double speed) { speeds.push_back(speed); }},
                    clock_);
  Logs logs;
  times.on_train_begin(context_);
  for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
    times.on_epoch_begin(context_, epoch);
    for (std::int64_t i = 0; i < 4; ++i) {
      clock_.advance(500ms);
      step(times, epoch, i, 1);
    }
    times.on_epoch_end(context_, epoch, logs);
  }
  times.on_train_end(context_, logs);

  EXPECT_EQ(screen_.text,
            "BenchmarkMetric: {'epoch':0, 'time_taken': 2.000000}\n"
            "BenchmarkMetric: {'global step':6, 'time_taken': 3.000000,'examples_per_second': "
            "16.000000}\n"
            "BenchmarkMetric: {'epoch':1, 'time_taken': 2.000000}\n");
  EXPECT_THAT(speeds, ElementsAre(16));
  Json stats = Json::object();
  times.add_stats(stats);
  EXPECT_EQ(stats.at("avg_exp_per_second").as_number(), 16);
  EXPECT_EQ(stats.at("train_finish_time").as_number(), 1704067204);  // 2024 began 4 s before
  EXPECT_EQ(stats.at("step_timestamp_log").at(std::size_t{1}).as_string(),
            "BatchTimestamp<batch_index: 6, timestamp: 1704067203>");
}

TEST_F(RunLines, HaveNoMeanSpeedOfARunWithoutALine) {
  TimeHistory times({.log_steps = 100}, clock_);
  times.on_train_begin(context_);

  Json stats = Json::object();
  times.add_stats(stats);

  EXPECT_FALSE(stats.contains("avg_exp_per_second"));
  EXPECT_EQ(stats.at("step_timestamp_log").size(), 1);
}

TEST_F(RunLines, OfAnEstimatorHaveTheStepsOwnLoss) {
  EstimatorLines lines(screen_, clock_);
  run_.steps_per_epoch = 150;
  double sum = 0;
  for (std::int64_t i = 0; i < 150; ++i) {
    clock_.advance(10ms);
    sum += static_cast<double>(i);  // the loss of step i is i
    step(lines, 0, i, sum / static_cast<double>(i + 1));
  }
  step(lines, 1, 0, 0.125);
  lines.on_train_end(context_, {});

  EXPECT_EQ(screen_.text,
            "INFO:tensorflow:loss = 0, step = 0\n"
            "INFO:tensorflow:global_step/sec: 100\n"
            "INFO:tensorflow:loss = 100, step = 100 (1.000 sec)\n"
            "INFO:tensorflow:Loss for final step: 0.125.\n");
}

TEST_F(RunLines, OfAnEstimatorThatGoesOnAmidAnEpochWaitForALossOfTheirOwn) {
  EstimatorLines lines(screen_, clock_);
  model_.set_iterations(100);  // steps 0 to 99 were made by another process
  step(lines, 0, 2, 7);

  EXPECT_EQ(screen_.text, "");
}

TEST(EstimatorLines, NameWhatWasMeasuredByTheAlphabet) {
  EXPECT_EQ(estimator_evaluation_line(
                {.test = {{"loss", 0.0625}, {"accuracy", 0.984}}, .iterations = 1000}),
            "INFO:tensorflow:Saving dict for global step 1000: accuracy = 0.984, global_step = "
            "1000, loss = 0.0625");
}

TEST_F(RunLines, FillTheBenchmarkLoggersFiles) {
  const TemporaryDirectory folder;
  BenchmarkFiles files({.directory = folder.path() + "/log",
                        .model = "resnet56",
                        .dataset = "CIFAR-10",
                        .test_id = "mine",
                        .parameters = Json::object({{"train_steps", 3}, {"clean", false}})},
                       clock_);
  Logs logs{{"loss", 2.5}};
  files.on_train_begin(context_);
  files.add_speed(6, 16);
  model_.set_iterations(8);
  files.on_epoch_end(context_, 1, logs);
  files.on_train_end(context_, logs);
  files.add_evaluation({{"categorical_accuracy", 0.5}});

  const std::string run_path = folder.path() + "/log/benchmark_run.log";
  const Json run = Json::parse(read_file(run_path, 1 << 20), run_path);
  EXPECT_EQ(run.at("model_name").as_string(), "resnet56");
  EXPECT_EQ(run.at("dataset").at("name").as_string(), "CIFAR-10");
  EXPECT_EQ(run.at("test_id").as_string(), "mine");
  EXPECT_EQ(
      run.at("run_parameters").dump(),
      R"([{"name": "train_steps", "long_value": 3}, {"name": "clean", "bool_value": "False"}])");
  EXPECT_EQ(read_file(folder.path() + "/log/metric.log", 1 << 20),
            R"({"name": "current_examples_per_sec", "value": 16.0, "unit": "examples/sec", )"
            R"("global_step": 6, "timestamp": "2024-01-01T00:00:00.000000Z", "extras": []})"
            "\n"
            R"({"name": "loss", "value": 2.5, "unit": null, "global_step": 8, )"
            R"("timestamp": "2024-01-01T00:00:00.000000Z", "extras": []})"
            "\n"
            R"({"name": "eval_categorical_accuracy", "value": 0.5, "unit": null, )"
            R"("global_step": 8, "timestamp": "2024-01-01T00:00:00.000000Z", "extras": []})"
            "\n");
}

TEST(PlanTimes, TimesAModelOfItsOwnAndLeavesTheTrainedOneAlone) {
  const TemporaryDirectory folder;
  Model model(Network({Flatten({.input_shape = {{2, 2, 1}}}), Dense({.units = 3})}),
              {.threads = 1});
  CompileOptions compile{.loss = CategoricalCrossentropy({.from_logits = true})};
  model.compile(compile);
  const RunInfo run{.steps_per_epoch = 1, .samples = 4, .batch_size = 4};
  CallbackContext context{.model = model, .run = run};
  PlanTimes times(folder.path() + "/m/plan_times.txt", 2, compile);

  times.on_train_end(context, {});

  EXPECT_THAT(read_file(folder.path() + "/m/plan_times.txt", 1 << 20),
              testing::ContainsRegex("[0-9]\\.[0-9] +softmax_cross_entropy"));
  EXPECT_EQ(model.iterations(), 0);
}

}  // namespace
}  // namespace carnyx
