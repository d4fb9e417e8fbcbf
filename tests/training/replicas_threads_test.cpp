// Models that train together: the same bits on each, and what a process alone would have made.
#include <csignal>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"
#include "carnyx/training/replicas.h"

#include "tests/training/recorder.h"
#include "tests/training/trained_together.h"

namespace carnyx {
namespace {

using testing::Each;
using testing::HasSubstr;

std::vector<AnyLayer> sequence_layers() {
  return {Dense({.units = 8, .activation = Activation::Relu, .input_shape = {{2, 3}}}),
          Dropout({.rate = 0.25}),
          Flatten({}),
          Dense({.units = 3, .activation = Activation::Softmax})};
}

/// Ends the training after an epoch.
class StopAfterEpoch final : public Callback {
 public:
  explicit StopAfterEpoch(std::int64_t epoch) : epoch_(epoch) {}
  [[nodiscard]] std::string name() const override { return "stop_after_epoch"; }
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs&) override {
    if (epoch == epoch_) context.stop_training = true;
  }

 private:
  std::int64_t epoch_;
};

void expect_as_alone(int size, const Dataset& data, const std::vector<AnyLayer>& layers) {
  const FitOptions options{.batch_size = 8, .epochs = 3, .validation_split = 0.2};
  Model alone = make_model(layers);
  const Trained wanted = outcome_of(alone, alone.fit(data, options));

  const std::vector<Trained> results = train_together(size, data, options, layers);

  for (const Trained& result : results) {
    EXPECT_EQ(result.states, results[0].states);
    EXPECT_EQ(result.history.epochs, results[0].history.epochs);
  }
  expect_close(results[0].states, wanted.states, 1e-5);
  for (const char* name : {"loss", "accuracy", "val_loss", "val_accuracy"}) {
    EXPECT_NEAR(results[0].history.series(name).back(), wanted.history.series(name).back(), 1e-5);
  }
}

TEST(Replicas, TrainAsOneProcessDoes) {
  expect_as_alone(2, blobs(50, 6, 3), plain_layers());
}

TEST(Replicas, ShareALastBatchThatDoesNotDivide) {
  expect_as_alone(2, blobs(49, 6, 3), plain_layers());  // 39 to train on: 7 are 4 and 3
  expect_as_alone(3, blobs(50, 6, 3), plain_layers());  // 8 are 3, 3 and 2
}

TEST(Replicas, GoOnWhereSomeHaveNoRowOfABatch) {
  expect_as_alone(2, blobs(52, 6, 3), plain_layers());  // 41 to train on: the last is 1 and 0
  expect_as_alone(3, blobs(52, 6, 3), plain_layers());
}

TEST(Replicas, DrawDropoutOfSequencesAsOneProcessDoes) {
  expect_as_alone(2, blobs(50, 6, 3).with_sample_shape({2, 3}), sequence_layers());
}

TEST(Replicas, NeedNotHaveTheSameCallbacks) {
  const FitOptions options{.batch_size = 8, .epochs = 2};
  const auto first_alone = [](FitOptions& own, int rank) {
    if (rank == 0) own.callbacks = {std::make_shared<Recorder>(1)};
  };
  train_together(2, blobs(40, 6, 3), options, plain_layers(), first_alone);
}

TEST(Replicas, EndTogetherWhenACallbackOfOneSaysSo) {
  const FitOptions options{.batch_size = 8, .epochs = 5};
  const auto stops = [](FitOptions& own, int rank) {
    const auto recorder = std::make_shared<Recorder>(1);
    if (rank == 1) recorder->stop_after = 7;
    own.callbacks = {recorder};
  };
  const auto results = train_together(2, blobs(40, 6, 3), options, plain_layers(), stops);
  EXPECT_EQ(results[0].states, results[1].states);
}

TEST(Replicas, LeaveTogetherWhenOneIsAskedTo) {
  std::mutex mutex;
  std::vector<std::int64_t> iterations;
  StopFlag asked;
  asked.request(SIGTERM);
  const auto errors = run_together(2, [&](Replicas& replicas) {
    Model model = make_model();
    FitOptions options{.batch_size = 8, .epochs = 5, .replicas = &replicas};
    if (replicas.rank() == 1) options.stop = &asked;
    try {
      model.fit(blobs(40, 6, 3), options);
    } catch (const Cancelled&) {
      const std::lock_guard lock(mutex);
      iterations.push_back(model.iterations());
      throw;
    }
  });
  EXPECT_THAT(errors, Each(HasSubstr("stopped after step")));
  EXPECT_THAT(iterations, testing::ElementsAre(1, 1));
}

TEST(Replicas, ResumeTogetherFromTheFirstOnesCheckpoint) {
  const Dataset data = blobs(40, 6, 3);
  const TemporaryDirectory directory;
  FitOptions options{.batch_size = 8, .epochs = 3};
  const auto wanted = train_together(2, data, options);
  options.checkpoint = {.directory = directory.path()};
  FitOptions shorter = options;
  shorter.epochs = 1;
  train_together(2, data, shorter);

  const auto resumed = train_together(2, data, options);

  for (std::size_t rank = 0; rank < 2; ++rank) {
    EXPECT_EQ(resumed[rank].states, wanted[rank].states);
    EXPECT_EQ(resumed[rank].history.epochs, wanted[rank].history.epochs);
  }
}

TEST(Replicas, EndTogetherWhenACallbackOfOneSaysSoAtAnEpochsEnd) {
  const FitOptions options{.batch_size = 8, .epochs = 5};
  const auto results =
      train_together(3, blobs(40, 6, 3), options, plain_layers(), [](FitOptions& own, int rank) {
        if (rank == 2) own.callbacks = {std::make_shared<StopAfterEpoch>(1)};
      });
  for (const Trained& result : results) EXPECT_EQ(result.history.epochs.size(), 2);
}

/// Leaves in the middle of an epoch because one replica is asked to, after `steps`.
void leave_in_the_middle(int size,
                         const Dataset& data,
                         const FitOptions& options,
                         std::int64_t steps) {
  const auto errors = run_together(size, [&](Replicas& replicas) {
    Model model = make_model();
    StopFlag asked;
    FitOptions own = options;
    own.replicas = &replicas;
    own.stop = &asked;
    if (replicas.rank() != 0) own.checkpoint = {};  // what the first one saves is enough
    if (replicas.rank() == size - 1) {
      own.callbacks = {std::make_shared<StopAfter>(asked, steps)};
    }
    model.fit(data, own);
  });
  EXPECT_THAT(errors, Each(HasSubstr("; the same command goes on from here")));
}

TEST(Replicas, GoOnInTheMiddleOfAnEpochAsIfTheyHadNeverLeft) {
  const Dataset data = blobs(52, 6, 3);
  const TemporaryDirectory directory;
  FitOptions options{.batch_size = 8, .epochs = 3};
  const auto wanted = train_together(3, data, options);
  options.checkpoint = {.directory = directory.path(), .every_steps = 2};
  leave_in_the_middle(3, data, options, 10);

  const auto resumed =
      train_together(3, data, options, plain_layers(), [](FitOptions& own, int rank) {
        if (rank != 0) own.checkpoint = {};
      });

  for (std::size_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(resumed[rank].states, wanted[rank].states);
    EXPECT_EQ(resumed[rank].history.epochs, wanted[rank].history.epochs);
  }
}

TEST(Replicas, GoOnInAnotherNumber) {
  const Dataset data = blobs(52, 6, 3);
  const TemporaryDirectory directory;
  FitOptions options{.batch_size = 8, .epochs = 3};
  const auto wanted = train_together(1, data, options);
  options.checkpoint = {.directory = directory.path()};
  leave_in_the_middle(3, data, options, 10);

  const auto resumed = train_together(2, data, options);

  expect_close(resumed[1].states, wanted[0].states, 1e-5);
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    EXPECT_NEAR(resumed[1].history.epochs[epoch].at("loss"),
                wanted[0].history.epochs[epoch].at("loss"),
                1e-5);
  }
}

TEST(Replicas, BeginWithTheFirstOnesWeights) {
  const Dataset data = blobs(40, 6, 3);
  std::vector<Outcome> states(2);
  const auto errors = run_together(2, [&](Replicas& replicas) {
    Model model(Network(plain_layers()), {.seed = 1, .threads = 1});
    model.compile({.optimizer = SGD({})});
    if (replicas.rank() == 0) model.set_weight("dense/kernel", Tensor(DType::Float32, {6, 12}));
    model.fit(data, {.batch_size = 8, .replicas = &replicas});
    states[static_cast<std::size_t>(replicas.rank())] = outcome_of(model, {}).states;
  });
  EXPECT_THAT(errors, Each(std::string()));
  EXPECT_EQ(states[0], states[1]);
}

}  // namespace
}  // namespace carnyx
