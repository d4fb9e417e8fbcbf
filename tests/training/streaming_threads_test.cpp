// Training on samples that stay on disk: the same bits whatever the threads do, and as in memory.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/sample_stream.h"
#include "carnyx/data/source.h"

#include "tests/training/recorder.h"
#include "tests/training/step_runs.h"
#include "tests/training/thread_replicas.h"

namespace carnyx {
namespace {

constexpr std::int64_t kFeatures = 600;
constexpr std::int64_t kSamples = 412;  // 13 batches of 32, the last of 28
constexpr std::int64_t kSteps = 26;     // of two epochs

using States = std::map<std::string, std::vector<double>>;

Model make_model(int threads = 2) {
  Model model(
      Network({Dense({.units = 12, .activation = Activation::Relu, .input_shape = {{kFeatures}}}),
               Dropout({.rate = 0.25}),
               Dense({.units = 3, .activation = Activation::Softmax})}),
      {.seed = 5, .threads = threads});
  model.compile({.optimizer = Adam({}), .metrics = {Accuracy({})}});
  return model;
}

States states_of(Model& model) {
  States states;
  for (const auto& entry : model.states().entries()) {
    states[entry.spec.name] = numbers_of(model.weight(entry.spec.name));
  }
  return states;
}

class Streaming : public testing::Test {
 protected:
  Streaming() {
    const Dataset data = blobs(kSamples + 50, kFeatures, 3);
    write("train/part-00000", data, 0, 200);
    write("train/part-00001", data, 200, kSamples);
    write("test/part-00000", data, kSamples, kSamples + 50);
  }

  void write(const std::string& path, const Dataset& data, std::int64_t first, std::int64_t end) {
    std::string text;
    for (std::int64_t i = first; i < end; ++i) {
      text += std::to_string(static_cast<int>(data.y.at(i)));
      for (std::int64_t k = 0; k < kFeatures; ++k) {
        text += "," + std::to_string(data.x.at(i * kFeatures + k));
      }
      text += "\n";
    }
    create_directories(parent_directory(folder_ / path));
    write_file_atomically(folder_ / path, text);
  }

  [[nodiscard]] StreamedData streams(std::int64_t buffer = 100) const {
    return open_streams(folder_.path(), {.buffer_samples = buffer});
  }
  [[nodiscard]] TrainTest resident() const { return read_data(folder_.path()).parts; }

  TemporaryDirectory folder_;
};

FitOptions options(const CheckpointPolicy& policy = {}, std::int64_t throw_after = -1) {
  return {.batch_size = 32,
          .epochs = 2,
          .callbacks = {std::make_shared<Recorder>(1, throw_after)},
          .checkpoint = policy};
}

TEST_F(Streaming, InTheFilesOrderEndsInTheBitsOfTheSameSamplesInMemory) {
  FitOptions fit = options();
  fit.callbacks.clear();
  fit.shuffle = false;
  fit.class_weight = {{1, 3.0}};
  FitOptions streamed_fit = fit;
  fit.validation_data = resident().test;
  streamed_fit.validation_stream = streams().test;
  Model model = make_model();
  const History wanted = model.fit(resident().train, fit);

  Model streamed = make_model();
  const History history = streamed.fit(streams().train, streamed_fit);

  EXPECT_EQ(history.epochs, wanted.epochs);
  EXPECT_EQ(states_of(streamed), states_of(model));
  EXPECT_EQ(streamed.evaluate(*streams().test).entries(),
            model.evaluate(resident().test).entries());
}

TEST_F(Streaming, EndsInTheSameBitsAtAnyNumberOfThreads) {
  std::vector<States> states;
  std::vector<History> histories;
  for (const int threads : {1, 2, 3}) {
    Model model = make_model(threads);
    histories.push_back(model.fit(streams().train, options()));
    states.push_back(states_of(model));
  }

  EXPECT_EQ(states[1], states[0]);
  EXPECT_EQ(states[2], states[0]);
  EXPECT_EQ(histories[1].epochs, histories[0].epochs);
}

TEST_F(Streaming, LearnsWhatDataInMemoryTeaches) {
  Model model = make_model();
  FitOptions fit = options();
  fit.epochs = 6;

  model.fit(streams().train, fit);

  EXPECT_GT(model.evaluate(*streams().test).at("accuracy"), 0.95);
}

TEST_F(Streaming, ThatIsInterruptedAtAnyStepEndsInTheSameBits) {
  Model whole = make_model();
  const History wanted = whole.fit(streams().train, options());
  ASSERT_EQ(whole.iterations(), kSteps);
  for (const std::int64_t step : {2, 6, 12, 14, 22, 26}) {
    SCOPED_TRACE(step);
    const TemporaryDirectory directory;
    const CheckpointPolicy policy{.directory = directory.path(), .every_steps = 5};
    Model interrupted = make_model(1);
    ASSERT_THROW(interrupted.fit(streams().train, options(policy, step)), Interruption);

    Model resumed = make_model();
    const History history = resumed.fit(streams().train, options(policy));

    EXPECT_EQ(history.epochs, wanted.epochs);
    EXPECT_EQ(states_of(resumed), states_of(whole));
  }
}

TEST_F(Streaming, StopsOnRequestAndGoesOn) {
  Model whole = make_model();
  whole.fit(streams().train, options());
  const TemporaryDirectory directory;
  StopFlag asked;
  FitOptions stopping = options({.directory = directory.path()});
  stopping.stop = &asked;
  stopping.callbacks.push_back(std::make_shared<StopAfter>(asked, 5));
  Model model = make_model();
  ASSERT_THROW(model.fit(streams().train, stopping), Cancelled);

  Model resumed = make_model();
  resumed.fit(streams().train, options({.directory = directory.path()}));

  EXPECT_EQ(states_of(resumed), states_of(whole));
}

TEST_F(Streaming, RefusesToGoOnWithAnotherBufferOrInMemory) {
  const TemporaryDirectory directory;
  const CheckpointPolicy policy{.directory = directory.path(), .every_steps = 1};
  Model model = make_model();
  ASSERT_THROW(model.fit(streams().train, options(policy, 3)), Interruption);
  Model other = make_model();

  EXPECT_THROW(other.fit(streams(200).train, options(policy)), InvalidArgument);
  EXPECT_THROW(other.fit(resident().train, options(policy)), InvalidArgument);
}

TEST_F(Streaming, OverReplicasTrainsEachOnItsShare) {
  Model alone = make_model();
  const History wanted = alone.fit(streams().train, options());
  std::vector<States> states(2);
  std::vector<History> histories(2);

  const auto errors = run_together(2, [&](Replicas& replicas) {
    Model model = make_model();
    FitOptions own = options();
    own.replicas = &replicas;
    const auto rank = static_cast<std::size_t>(replicas.rank());
    histories[rank] = model.fit(streams().train, own);
    states[rank] = states_of(model);
  });

  EXPECT_THAT(errors, testing::Each(std::string()));
  EXPECT_EQ(states[0], states[1]);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    EXPECT_NEAR(histories[0].epochs[epoch].at("loss"), wanted.epochs[epoch].at("loss"), 1e-5);
  }
}

TEST_F(Streaming, TakesAsManyStepsOfAnEpochAsAsked) {
  FitOptions fit = options();
  fit.steps_per_epoch = 4;
  Model model = make_model();

  model.fit(streams().train, fit);

  EXPECT_EQ(model.iterations(), 8);
}

TEST_F(Streaming, EndsWithTheReadersErrorWhichNamesTheFile) {
  const SampleStream stream = streams().train;
  write_file_atomically(folder_ / "train/part-00001", "0,1\n");
  Model model = make_model();

  try {
    model.fit(stream, options());
    FAIL() << "nothing was thrown";
  } catch (const CorruptData& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("train/part-00001: the file was changed"));
  }
}

TEST_F(Streaming, WithAValidationSplitSaysWhatToDoInstead) {
  FitOptions fit = options();
  fit.validation_split = 0.1;
  Model model = make_model();

  try {
    model.fit(streams().train, fit);
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("files of their own and give them as validation"));
  }
}

}  // namespace
}  // namespace carnyx
