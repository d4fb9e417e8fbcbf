// What fit, evaluate and files make of an optimizer's options.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Model model_with(AnyOptimizer optimizer) {
  Model model(Network({Dense({.units = 5, .activation = Activation::Relu, .input_shape = {{6}}}),
                       Dense({.units = 3, .activation = Activation::Softmax})}),
              {.threads = 1});
  model.compile({.optimizer = std::move(optimizer)});
  return model;
}

const Dataset& training_data() {
  static const Dataset kData = blobs(40, 6, 3);
  return kData;
}

FitOptions epochs(std::int64_t count) {
  return {.batch_size = 8, .epochs = count, .shuffle = false};
}

void expect_same_weights(const Model& got, const Model& wanted) {
  for (const std::string& name : wanted.weight_names()) {
    EXPECT_EQ(numbers_of(got.weight(name)), numbers_of(wanted.weight(name))) << name;
  }
}

PiecewiseConstantDecay slower_after_an_epoch() {
  return PiecewiseConstantDecay({.boundaries = {4}, .values = {0.25, 0.125}});
}

TEST(Schedule, GivesEveryStepItsRate) {
  Model scheduled = model_with(SGD({.learning_rate = slower_after_an_epoch()}));
  EXPECT_EQ(scheduled.learning_rate(), 0.25);
  scheduled.fit(training_data(), epochs(2));
  EXPECT_EQ(scheduled.learning_rate(), 0.125);

  Model by_hand = model_with(SGD({.learning_rate = 0.25}));
  by_hand.fit(training_data(), epochs(1));
  by_hand.set_learning_rate(0.125);
  by_hand.fit(training_data(), epochs(1));
  expect_same_weights(scheduled, by_hand);
}

TEST(Schedule, CanNotBeOverruled) {
  Model model = model_with(SGD({.learning_rate = slower_after_an_epoch()}));
  EXPECT_THAT([&] { model.set_learning_rate(0.5); },
              ThrowsMessage<InvalidArgument>(HasSubstr("PiecewiseConstantDecay")));
}

TEST(Schedule, GoesOnFromAFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/model.keras";
  Model model = model_with(SGD({.learning_rate = slower_after_an_epoch(), .momentum = 0.5}));
  model.fit(training_data(), epochs(1));
  model.save(path);
  EXPECT_EQ(model.to_saved().optimizer->learning_rate, std::nullopt);

  Model loaded = load_model(path, {.threads = 1});

  EXPECT_EQ(loaded.learning_rate(), 0.125);
  loaded.fit(training_data(), epochs(1));
  model.fit(training_data(), epochs(1));
  expect_same_weights(loaded, model);
}

TEST(MovingAverage, IsWhatTrainingEndsWith) {
  Model model = model_with(SGD({.learning_rate = 0.25}, {.use_ema = true, .ema_momentum = 0.5}));
  model.fit(training_data(), epochs(1));
  for (const std::string& name : model.weight_names()) {
    EXPECT_EQ(numbers_of(model.weight(name)), numbers_of(model.weight(slot_name("average", name))));
  }
}

TEST(GradientAccumulation, MovesAsOneLargerBatchWould) {
  Model gathered = model_with(SGD({.learning_rate = 0.25}, {.gradient_accumulation_steps = 5}));
  gathered.fit(training_data(), epochs(1));
  Model at_once = model_with(SGD({.learning_rate = 0.25}));
  at_once.fit(training_data(), {.batch_size = 40, .shuffle = false});
  for (const std::string& name : at_once.weight_names()) {
    EXPECT_THAT(numbers_of(gathered.weight(name)),
                testing::Pointwise(testing::DoubleNear(1e-6), numbers_of(at_once.weight(name))));
  }
}

TEST(Nadam, GoesOnFromAFileThatAlsoHoldsWhatFollowsFromItsSteps) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/model.keras";
  Model model = model_with(Nadam({.learning_rate = 0.0625}));
  model.fit(training_data(), epochs(1));
  model.save(path);

  Model loaded = load_model(path, {.threads = 1});

  EXPECT_EQ(loaded.iterations(), 5);
  loaded.fit(training_data(), epochs(1));
  model.fit(training_data(), epochs(1));
  expect_same_weights(loaded, model);
}

}  // namespace
}  // namespace carnyx
