#include "carnyx/optimizers/optimizers.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/optimizers/two_weights.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kTolerance = 1e-6;  // float32, of values below 3

void expect_near(const std::vector<double>& got,
                 const std::vector<double>& wanted,
                 const std::string& where) {
  ASSERT_EQ(got.size(), wanted.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], kTolerance) << where;
}

TEST(Optimizer, TakesTheMeanOfTheGradients) {
  TwoWeights model(SGD({}), Backend::Cpu, DType::Float32);
  model.step({1, 2, 3, 4}, {5, 6}, 0.1, 0.5);
  expect_near(model.read("w"), {0.45, -1.1, 1.85, 0.05}, "w");
  expect_near(model.read("b"), {-0.15, -0.5}, "b");
}

TEST(Optimizer, ClipsByTheNormOfTheMeanGradientOverAllWeights) {
  // Means 3 and 4, the others 0: norm 5, so clipping at 1 leaves 0.6 and 0.8.
  TwoWeights clipped(SGD({}, {.global_clipnorm = 1}), Backend::Cpu, DType::Float32);
  clipped.step({6, 0, 0, 0}, {0, 8}, 0.1, 0.5);
  expect_near(clipped.read("w"), {0.44, -1, 2, 0.25}, "w");
  expect_near(clipped.read("b"), {0.1, -0.28}, "b");

  TwoWeights within(SGD({}, {.global_clipnorm = 6}), Backend::Cpu, DType::Float32);
  within.step({6, 0, 0, 0}, {0, 8}, 0.1, 0.5);
  expect_near(within.read("w"), {0.2, -1, 2, 0.25}, "w");
}

TEST(Optimizer, MayAddEpsilonOutsideOfTheRootAsKeras2Did) {
  TwoWeights model(RMSprop({.rho = 0.75, .epsilon = 0.5, .epsilon_outside_root = true}),
                   Backend::Cpu,
                   DType::Float32);
  model.step({2, 0, 0, 0}, {0, 0}, 0.1);
  // velocity 0.25 . 4 = 1; step 0.1 . 2 / (1 + 0.5).
  expect_near(model.read("w"), {0.5 - 0.2 / 1.5, -1, 2, 0.25}, "w");
  expect_near(model.read("velocity/w"), {1, 0, 0, 0}, "velocity");
}

TEST(Optimizer, RefusesOptionsOutOfRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT([] { SGD({.learning_rate = 0}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("learning_rate")));
  EXPECT_THROW(Adam({.learning_rate = -1}), InvalidArgument);
  EXPECT_THROW(Adam({.learning_rate = kNan}), InvalidArgument);
  EXPECT_THAT([] { SGD({.momentum = 1.5}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("SGD: momentum")));
  EXPECT_THAT([] { RMSprop({.rho = 1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("RMSprop: rho")));
  EXPECT_THROW(RMSprop({.momentum = -0.1}), InvalidArgument);
  EXPECT_THROW(RMSprop({.epsilon = -1}), InvalidArgument);
  EXPECT_THAT([] { Adam({.beta_1 = 1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("Adam: beta_1")));
  EXPECT_THROW(Adam({.beta_2 = kNan}), InvalidArgument);
  EXPECT_THAT([] { Adam({}, {.global_clipnorm = 0}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("global_clipnorm")));
  EXPECT_THROW(AdamW({.weight_decay = -0.1}), InvalidArgument);
  EXPECT_THAT([] { AdamW({}, {.weight_decay = 0.1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("AdamW: weight_decay")));
  EXPECT_THROW(Adamax({.beta_2 = 1}), InvalidArgument);
  EXPECT_THROW(Nadam({.epsilon = 2}), InvalidArgument);
  EXPECT_THROW(Adadelta({.rho = 1}), InvalidArgument);
  EXPECT_THROW(Adagrad({.initial_accumulator_value = -1}), InvalidArgument);
  EXPECT_THAT([] { Ftrl({.learning_rate_power = 0.5}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("Ftrl: learning_rate_power")));
  EXPECT_THROW(Ftrl({.beta = -1}), InvalidArgument);
  EXPECT_THROW(Lion({.beta_1 = 0}), InvalidArgument);
}

TEST(Optimizer, RefusesCommonOptionsOutOfRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::pair<std::string, OptimizerOptions>> wrong = {
      {"weight_decay", {.weight_decay = -1}},
      {"clipnorm", {.clipnorm = 0}},
      {"clipvalue", {.clipvalue = kNan}},
      {"at most one", {.clipnorm = 1, .clipvalue = 1}},
      {"ema_momentum", {.use_ema = true, .ema_momentum = 1.5}},
      {"ema_overwrite_frequency", {.use_ema = true, .ema_overwrite_frequency = 0}},
      {"loss_scale_factor", {.loss_scale_factor = 0}},
      {"gradient_accumulation_steps", {.gradient_accumulation_steps = 1}}};
  for (const auto& [option, common] : wrong) {
    EXPECT_THAT(([&common = common] { SGD({}, common); }),
                ThrowsMessage<InvalidArgument>(HasSubstr(option)));
  }
}

TEST(Optimizer, SurvivesItsOwnJson) {
  const std::vector<AnyOptimizer> optimizers = {
      SGD({.learning_rate = 0.3, .momentum = 0.8, .nesterov = true}),
      RMSprop({.rho = 0.8, .momentum = 0.1, .epsilon = 1e-3, .centered = true}),
      RMSprop({.epsilon_outside_root = true}, {.global_clipnorm = 2}),
      Adam({.beta_1 = 0.8, .beta_2 = 0.99, .amsgrad = true}),
      AdamW({.learning_rate = CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 50}),
             .weight_decay = 0.1}),
      Adamax({.beta_2 = 0.9}, {.weight_decay = 0.1, .clipvalue = 0.5}),
      Nadam({.epsilon = 1e-3}, {.clipnorm = 0.5, .loss_scale_factor = 8}),
      Adadelta({.rho = 0.5}, {.gradient_accumulation_steps = 4}),
      Adagrad({.initial_accumulator_value = 0.5}, {.use_ema = true, .ema_momentum = 0.5}),
      Ftrl({.learning_rate_power = -0.25, .l1_regularization_strength = 0.5, .beta = 0.1},
           {.use_ema = true, .ema_overwrite_frequency = 7}),
      Lion({.beta_1 = 0.5, .beta_2 = 0.75})};
  for (const AnyOptimizer& optimizer : optimizers) {
    const Json json = optimizer_to_json(*optimizer);
    EXPECT_EQ(optimizer_to_json(*optimizer_from_json(json)), json) << json.dump();
    EXPECT_EQ(json.at("module"), Json("keras.optimizers"));
  }
}

TEST(Optimizer, IsReadFromKeras2AndStrings) {
  const auto read = [](const char* text) { return optimizer_from_json(Json::parse(text, "test")); };
  EXPECT_EQ(read(R"("rmsprop")")->class_name(), "RMSprop");
  EXPECT_EQ(read(R"("adam")")->learning_rate().at(0), 0.001);
  EXPECT_EQ(read(R"({"class_name": "SGD", "config": {"lr": 0.25, "decay": 0.0, "momentum": 0.5}})")
                ->learning_rate()
                .at(0),
            0.25);
}

TEST(Optimizer, RefusesConfigsItCannotFollow) {
  const auto read = [](const char* text) {
    return [text] { static_cast<void>(optimizer_from_json(Json::parse(text, "test"))); };
  };
  EXPECT_THAT(read(R"("adamm")"), ThrowsMessage<InvalidArgument>(HasSubstr("adam")));
  EXPECT_THAT(read(R"({"class_name": "AdamW", "config": {"weight_decay": null}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("weight_decay")));
  EXPECT_THAT(read(R"({"class_name": "Adam", "config": {"beta_3": 0.1}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("beta_3")));
  EXPECT_THAT(read(R"({"class_name": "SGD", "config": {"lr": 0.1, "decay": 0.01}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("'decay'")));
  EXPECT_NO_THROW(read(R"({"class_name": "SGD", "config": {"lr": 0.1, "decay": 0}})")());
  EXPECT_NO_THROW(read(R"({"class_name": "Adam", "config": {"lr": 0.1, "decay": 0.0}})")());
  EXPECT_THAT(read(R"({"class_name": "SGD", "config": {"learning_rate": "fast"}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("learning_rate")));
}

TEST(Optimizer, LeavesWeightsOutOfTheDecayByTheirOwnNames) {
  TwoWeights model(
      SGD({.learning_rate = 0.1}, {.weight_decay = 0.5, .exclude_from_weight_decay = {"b"}}),
      Backend::Cpu,
      DType::Float32);
  model.step({0, 0, 0, 0}, {0, 0}, 0.1);
  // Each element loses 0.5 . 0.1 of itself; b stays.
  expect_near(model.read("w"), {0.475, -0.95, 1.9, 0.2375}, "w");
  expect_near(model.read("b"), {0.1, -0.2}, "b");
}

TEST(Optimizer, PutsTheAverageInTheWeightsPlaceWhenTrainingEnds) {
  const SGD optimizer({.learning_rate = 1}, {.use_ema = true, .ema_momentum = 0.75});
  TwoWeights model(optimizer, Backend::Cpu, DType::Float32);
  model.step({1, 0, 0, 0}, {0, 0}, 1);
  model.step({1, 0, 0, 0}, {0, 0}, 1);
  expect_near(model.read("w"), {-1.5, -1, 2, 0.25}, "w");
  // The first average is the weight, -0.5; then 0.75 . -0.5 + 0.25 . -1.5.
  model.finish(optimizer);
  expect_near(model.read("w"), {-0.75, -1, 2, 0.25}, "w");
}

TEST(Optimizer, MovesOnceForSoManyGradients) {
  TwoWeights model(SGD({}, {.gradient_accumulation_steps = 2}), Backend::Cpu, DType::Float32);
  model.step({1, 2, 0, 0}, {0, 4}, 0.1);
  expect_near(model.read("w"), {0.5, -1, 2, 0.25}, "w");
  expect_near(model.read("gradient_accumulator/w"), {1, 2, 0, 0}, "sum");
  model.step({3, 0, 0, 0}, {0, 2}, 0.1);
  expect_near(model.read("w"), {0.3, -1.1, 2, 0.25}, "w");
  expect_near(model.read("b"), {0.1, -0.5}, "b");
  expect_near(model.read("gradient_accumulator/w"), {0, 0, 0, 0}, "sum");
}

}  // namespace
}  // namespace carnyx
