// One call of fit(): what it runs, in which order, and what it tells.
#include <cmath>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/graph/ops.h"

#include "tests/training/recorder.h"
#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Model model_to_fit() {
  Model model(Network({Dense({.units = 12, .activation = Activation::Relu, .input_shape = {{6}}}),
                       Dropout({.rate = 0.25}),
                       Dense({.units = 3, .activation = Activation::Softmax})}),
              {.threads = 2});
  model.compile({.optimizer = SGD({.learning_rate = 0.1}), .metrics = {Accuracy({})}});
  return model;
}

std::vector<double> fitted_weights(const Model& model) {
  std::vector<double> all;
  for (const std::string& name : model.weight_names()) {
    for (const double value : numbers_of(model.weight(name))) all.push_back(value);
  }
  return all;
}

TEST(Fitting, ReportsValidationAsEvaluateDoes) {
  Model model = model_to_fit();
  const Dataset validation = blobs(31, 6, 3);

  const History history =
      model.fit(blobs(60, 6, 3), {.batch_size = 8, .epochs = 2, .validation_data = validation});

  const Logs logs = model.evaluate(validation, {.batch_size = 8});
  EXPECT_EQ(history.epochs.back().at("val_loss"), logs.at("loss"));
  EXPECT_EQ(history.epochs.back().at("val_accuracy"), logs.at("accuracy"));
}

TEST(Fitting, ValidatesEveryFewEpochsWhereAskedTo) {
  Model model = model_to_fit();

  const History history = model.fit(
      blobs(16, 6, 3),
      {.batch_size = 8, .epochs = 5, .validation_data = blobs(8, 6, 3), .validation_freq = 2});

  std::vector<bool> has_validation;
  for (const Logs& logs : history.epochs) {
    has_validation.push_back(logs.find("val_loss").has_value());
  }
  EXPECT_THAT(has_validation, ElementsAre(false, true, false, true, false));
  EXPECT_THAT([&] { model.fit(blobs(16, 6, 3), {.validation_freq = 0}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("validation_freq must be at least 1")));
}

TEST(Fitting, ReportsTheMeanLossOfAllItsSamples) {
  Model still(Network({Dense({.units = 3, .activation = Activation::Softmax})}), {.threads = 2});
  still.compile({.optimizer = SGD({.learning_rate = 1e-30}), .metrics = {Accuracy({})}});
  const Dataset data = blobs(53, 6, 3);

  const Logs fitted = still.fit(data, {.batch_size = 8}).epochs.back();

  const Logs evaluated = still.evaluate(data);
  EXPECT_NEAR(fitted.at("loss"), evaluated.at("loss"), 1e-6);
  EXPECT_NEAR(fitted.at("accuracy"), evaluated.at("accuracy"), 1e-12);
}

TEST(Fitting, ValidatesOnTheLastPartOfTheSamples) {
  const Dataset data = blobs(50, 6, 3);
  Model split = model_to_fit();
  Model given = model_to_fit();

  const History a = split.fit(data, {.batch_size = 8, .epochs = 2, .validation_split = 0.3});
  const History b = given.fit(
      data.slice(0, 35), {.batch_size = 8, .epochs = 2, .validation_data = data.slice(35, 15)});

  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(fitted_weights(split), fitted_weights(given));
}

TEST(Fitting, RunsTheStepsAskedForEachEpoch) {
  Model model = model_to_fit();
  const auto recorder = std::make_shared<Recorder>(1);
  model.fit(blobs(40, 6, 3),
            {.batch_size = 8, .epochs = 2, .steps_per_epoch = 2, .callbacks = {recorder}});
  EXPECT_THAT(recorder->events,
              ElementsAre("begin",
                          "epoch 0 begin",
                          "step 0.0",
                          "step 0.1",
                          "epoch 0 end",
                          "epoch 1 begin",
                          "step 1.0",
                          "step 1.1",
                          "epoch 1 end",
                          "end"));
  EXPECT_EQ(model.iterations(), 4);
}

TEST(Fitting, CallsEachCallbackAtItsOwnBoundaries) {
  Model model = model_to_fit();
  const auto often = std::make_shared<Recorder>(2);
  const auto seldom = std::make_shared<Recorder>(3);
  const auto never = std::make_shared<Recorder>();

  model.fit(blobs(40, 6, 3), {.batch_size = 8, .callbacks = {often, seldom, never}});

  EXPECT_THAT(
      often->events,
      ElementsAre(
          "begin", "epoch 0 begin", "step 0.1", "step 0.3", "step 0.4", "epoch 0 end", "end"));
  EXPECT_THAT(seldom->events,
              ElementsAre("begin", "epoch 0 begin", "step 0.2", "step 0.4", "epoch 0 end", "end"));
  EXPECT_THAT(never->events, ElementsAre("begin", "epoch 0 begin", "epoch 0 end", "end"));
}

TEST(Fitting, IsNotChangedByWhoWatches) {
  const Dataset data = blobs(45, 6, 3);
  Model alone = model_to_fit();
  Model watched = model_to_fit();

  const History a = alone.fit(data, {.batch_size = 8, .epochs = 3});
  const History b = watched.fit(
      data, {.batch_size = 8, .epochs = 3, .callbacks = {std::make_shared<Recorder>(1)}});

  EXPECT_EQ(fitted_weights(alone), fitted_weights(watched));
  EXPECT_EQ(a.series("loss"), b.series("loss"));
}

TEST(Fitting, TellsRunningMeansThatEndInTheEpochs) {
  Model model = model_to_fit();
  const auto recorder = std::make_shared<Recorder>(1);
  const History history = model.fit(blobs(40, 6, 3), {.batch_size = 8, .callbacks = {recorder}});
  ASSERT_EQ(recorder->losses.size(), 5);
  EXPECT_EQ(recorder->losses.back(), history.epochs.back().at("loss"));
}

TEST(Fitting, KeepsWhatACallbackAddsToTheLogs) {
  Model model = model_to_fit();
  const History history =
      model.fit(blobs(40, 6, 3), {.epochs = 3, .callbacks = {std::make_shared<Recorder>()}});
  EXPECT_THAT(history.series("epochs_seen"), ElementsAre(1, 2, 3));
}

TEST(Fitting, EndsWhenACallbackSaysSo) {
  Model model = model_to_fit();
  const auto recorder = std::make_shared<Recorder>(1);
  recorder->stop_after = 7;

  const History history =
      model.fit(blobs(40, 6, 3), {.batch_size = 8, .epochs = 9, .callbacks = {recorder}});

  EXPECT_EQ(model.iterations(), 7);
  EXPECT_EQ(history.epochs.size(), 2);
  EXPECT_EQ(recorder->events.back(), "end");
}

/// Asks for the end of the training before it has begun.
class StopAtOnce final : public Callback {
 public:
  [[nodiscard]] std::string name() const override { return "stop_at_once"; }
  void on_train_begin(CallbackContext& context) override { context.stop_training = true; }
};

TEST(Fitting, EndsAfterOneStepWhenACallbackSaysSoBeforeIt) {
  Model model = model_to_fit();
  const auto recorder = std::make_shared<Recorder>(1);

  const History history = model.fit(
      blobs(40, 6, 3),
      {.batch_size = 8, .epochs = 2, .callbacks = {std::make_shared<StopAtOnce>(), recorder}});

  // So does Keras 3.15: fit() looks at stop_training after each batch and each epoch alone.
  EXPECT_THAT(recorder->events,
              ElementsAre("begin", "epoch 0 begin", "step 0.0", "epoch 0 end", "end"));
  EXPECT_EQ(history.epochs.size(), 1);
}

TEST(Fitting, EndsRatherThanLeavesWhenACallbackSaysSoInTheSameStep) {
  Model model = model_to_fit();
  StopFlag flag;
  const auto recorder = std::make_shared<Recorder>(1);
  recorder->stop_after = 2;

  const History history = model.fit(blobs(40, 6, 3),
                                    {.batch_size = 8,
                                     .epochs = 2,
                                     .callbacks = {recorder, std::make_shared<StopAfter>(flag, 2)},
                                     .stop = &flag});

  EXPECT_EQ(model.iterations(), 2);
  EXPECT_EQ(history.epochs.size(), 1);
}

TEST(Fitting, LeavesAtTheEndOfAnEpochWhoseLastStepWasUnderWay) {
  const TemporaryDirectory directory;
  const Dataset data = blobs(40, 6, 3);
  Model model = model_to_fit();
  StopFlag flag;
  const FitOptions options{.batch_size = 8,
                           .epochs = 2,
                           .callbacks = {std::make_shared<StopAfter>(flag, 5)},
                           .checkpoint = {.directory = directory.path()},
                           .stop = &flag};

  EXPECT_THAT([&] { model.fit(data, options); },
              ThrowsMessage<Cancelled>(HasSubstr("stopped after epoch 1 of 2; the same command")));

  EXPECT_EQ(model.iterations(), 5);
}

TEST(Fitting, LeavesWithACheckpointWhenStopIsRequested) {
  const TemporaryDirectory directory;
  const Dataset data = blobs(40, 6, 3);
  const CheckpointPolicy policy{.directory = directory.path()};
  Model whole = model_to_fit();
  whole.fit(data, {.batch_size = 8, .epochs = 2});

  Model stopped = model_to_fit();
  StopFlag flag;
  const FitOptions options{.batch_size = 8,
                           .epochs = 2,
                           .callbacks = {std::make_shared<StopAfter>(flag, 2)},
                           .checkpoint = policy,
                           .stop = &flag};
  EXPECT_THAT([&] { stopped.fit(data, options); },
              ThrowsMessage<Cancelled>(HasSubstr("in epoch 1 of 2")));
  EXPECT_EQ(stopped.iterations(), 2);

  Model resumed = model_to_fit();
  resumed.fit(data, {.batch_size = 8, .epochs = 2, .checkpoint = policy});
  EXPECT_EQ(fitted_weights(resumed), fitted_weights(whole));
}

TEST(Fitting, SaysWhatIsLostWhenItLeavesWithoutACheckpoint) {
  const TemporaryDirectory directory;
  const auto leave = [&](std::int64_t steps) {
    Model model = model_to_fit();
    StopFlag flag;
    const ScopedFailpoints failpoints("checkpoint.tensors=enospc");
    model.fit(blobs(40, 6, 3),
              {.batch_size = 8,
               .epochs = 3,
               .callbacks = {std::make_shared<StopAfter>(flag, steps)},
               .checkpoint = {.directory = directory.path()},
               .stop = &flag});
  };
  EXPECT_THAT([&] { leave(2); }, ThrowsMessage<Cancelled>(HasSubstr("nothing of it is kept")));

  Model model = model_to_fit();
  model.fit(blobs(40, 6, 3),
            {.batch_size = 8, .epochs = 1, .checkpoint = {.directory = directory.path()}});

  EXPECT_THAT([&] { leave(7); },
              ThrowsMessage<Cancelled>(HasSubstr("what came after " + directory.path() +
                                                 "/step-00000005 is lost, the same command goes "
                                                 "on from there")));
}

TEST(Fitting, RefusesLabelsThatNoUnitStandsFor) {
  const Dataset data = blobs(40, 6, 4);
  Model model = model_to_fit();
  const auto says = ThrowsMessage<InvalidArgument>(
      HasSubstr("blobs has 4 classes, output 'dense_1' only 3 units"));
  EXPECT_THAT([&] { model.fit(data, {.batch_size = 8}); }, says);
  EXPECT_THAT([&] { model.evaluate(data); }, says);
  EXPECT_THAT([&] { model.fit(blobs(40, 6, 3), {.batch_size = 8, .validation_data = data}); },
              says);
}

TEST(Fitting, RefusesOptionsThatMakeNoSense) {
  Model model = model_to_fit();
  const Dataset data = blobs(40, 6, 3);
  EXPECT_THROW(model.fit(data, {.epochs = 0}), InvalidArgument);
  EXPECT_THROW(model.fit(data, {.steps_per_epoch = -1}), InvalidArgument);
  EXPECT_THROW(model.fit(data, {.validation_split = 1}), InvalidArgument);
  EXPECT_THROW(model.fit(data, {.validation_data = data, .validation_split = 0.5}),
               InvalidArgument);
}

TEST(Fitting, EndsAnEpochWithTheDataWhenMoreStepsAreAskedFor) {
  const Dataset data = blobs(40, 6, 3);
  Model all = model_to_fit();
  Model more = model_to_fit();

  all.fit(data, {.batch_size = 8, .epochs = 2});
  more.fit(data, {.batch_size = 8, .epochs = 2, .steps_per_epoch = 1'000'000});

  EXPECT_EQ(more.iterations(), 10);
  EXPECT_EQ(fitted_weights(more), fitted_weights(all));
}

// A layer, a loss and a metric of one's own, as a user would write them.

class Maxout final : public Layer {
 public:
  [[nodiscard]] std::string class_name() const override { return "Maxout"; }
  Value build(GraphBuilder& builder, Value x) const override {
    const std::int64_t in = x.shape().back();
    const Value a = ops::matmul(x, builder.weight("a", {in, 12}, GlorotUniform().pointer()));
    const Value b = ops::matmul(x, builder.weight("b", {in, 12}, GlorotUniform().pointer()));
    return ops::binary(a, b, ops::BinaryKind::Maximum);
  }
};

class Absolute final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "Absolute"; }
  Value per_row(GraphBuilder&, Value target, Value output) const override {
    return ops::unary(ops::subtract(output, target), ops::UnaryKind::Abs);
  }
};

class Bias final : public MeanMetric {
 public:
  [[nodiscard]] std::string name() const override { return "bias"; }
  [[nodiscard]] std::string class_name() const override { return "Bias"; }
  Value per_row(GraphBuilder&, Value target, Value output) const override {
    return ops::subtract(output, target);
  }
};

TEST(Fitting, TrainsWithALayerALossAndAMetricOfOnesOwn) {
  Dataset data = with_targets(blobs(64, 6, 3), {1}, false);
  for (std::int64_t i = 0; i < 64; ++i) {  // a target that can be learnt
    data.y.data<float>()[static_cast<std::size_t>(i)] =
        std::abs(static_cast<float>(data.x.at(i * 6)));
  }
  Model model(Network({Maxout(), Dense({.units = 1})}), {.threads = 2});
  model.compile(
      {.optimizer = Adam({.learning_rate = 0.02}), .loss = Absolute(), .metrics = {Bias()}});

  const History history = model.fit(data, {.batch_size = 16, .epochs = 30});

  EXPECT_LT(history.series("loss").back(), history.series("loss").front() / 3);
  const Tensor output = model.predict(data);
  double bias = 0;
  for (std::int64_t i = 0; i < 64; ++i) bias += (output.at(i) - data.y.at(i)) / 64;
  EXPECT_NEAR(model.evaluate(data).at("bias"), bias, 1e-5);
}

}  // namespace
}  // namespace carnyx
