// Networks with regularizers and constraints, and what every optimizer can do besides.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/training/regularized_runs.h"

namespace carnyx {
namespace {

void expect_run_of_keras(const Json& expected, ModelOptions options) {
  const Dataset data = six_rows();
  Model model = model_of(expected, options);
  EXPECT_NEAR(
      model.evaluate(data, {.batch_size = 4}).at("loss"), expected.at("before").as_number(), 1e-5);

  const History history = model.fit(data, as_keras_fits());

  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    EXPECT_NEAR(
        history.epochs.at(epoch).at("loss"), expected.at("losses").at(epoch).as_number(), 1e-5)
        << expected.at("optimizer").dump();
  }
  expect_weights(model, expected, 1e-5);
  EXPECT_NEAR(
      model.evaluate(data, {.batch_size = 4}).at("loss"), expected.at("after").as_number(), 1e-5);
}

TEST(Regularized, RunsEndAsKerassDo) {
  const Json cases = regularized_cases();
  ASSERT_EQ(cases.size(), 4U);
  for (const Json& expected : cases.items()) {
    expect_run_of_keras(expected, {.threads = 1});
    expect_run_of_keras(expected, {.threads = 2, .fuse_updates = false});
    expect_run_of_keras(expected,
                        {.precision = PrecisionPolicy::Float64, .backend = Backend::Reference});
  }
}

TEST(Regularized, ModelsSurviveTheirFiles) {
  const TemporaryDirectory directory;
  const Json cases = regularized_cases();
  for (const Json& expected : cases.items()) {
    Model model = model_of(expected);
    model.fit(six_rows(), as_keras_fits());
    model.save(directory.path() + "/model.keras");

    Model loaded = load_model(directory.path() + "/model.keras", {.threads = 1});

    EXPECT_EQ(loaded.network().to_json(), model.network().to_json());
    const FitOptions more = {.batch_size = 4, .epochs = 1, .shuffle = false};
    const double wanted = model.fit(six_rows(), more).epochs[0].at("loss");
    // Not to the bit: a file holds the learning rate as float32.
    EXPECT_NEAR(loaded.fit(six_rows(), more).epochs[0].at("loss"), wanted, 1e-6);
    for (const std::string& name : model.weight_names()) {
      const std::vector<double> weights = numbers_of(model.weight(name));
      EXPECT_THAT(numbers_of(loaded.weight(name)),
                  testing::Pointwise(testing::DoubleNear(1e-6), weights));
    }
  }
}

TEST(Regularized, TrainingGoesOnFromAFileOfKeras) {
  const Json cases = Json::parse(
      read_file(CARNYX_SOURCE_DIR "/tests/golden/continued.json", 1 << 20), "continued.json");
  const Json& expected = cases.at("cases").at(std::size_t{0});
  Model model =
      load_model(CARNYX_SOURCE_DIR "/tests/saving/fixtures/" + expected.at("file").as_string(),
                 {.threads = 1});

  const History history = model.fit(six_rows(), {.batch_size = 2, .shuffle = false});

  EXPECT_EQ(model.iterations(), expected.at("iterations").as_int());
  EXPECT_NEAR(history.epochs[0].at("loss"), expected.at("loss").as_number(), 1e-5);
  expect_weights(model, expected, 1e-5);
}

/// Of zeros a network makes zeros: all that is left of loss and gradients are the penalties.
Model penalized(PrecisionPolicy precision, AnyRegularizer regularizer) {
  Model model(
      Network({Dense(
          {.units = 2, .kernel_regularizer = std::move(regularizer), .input_shape = {{3}}})}),
      {.precision = precision, .threads = 1});
  model.compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = MeanSquaredError({})});
  model.set_weight(model.weight_names()[0], floats({3, 2}, {.1, .2, .3, .7, .6, .9}));
  return model;
}

TEST(Regularized, PenaltiesStayWideInMixedPrecision) {
  const Dataset zeros = {.x = floats({4, 3}, std::vector<double>(12, 0)),
                         .y = floats({4, 2}, std::vector<double>(8, 0)),
                         .classes = 0,
                         .name = "zeros"};
  Model squares = penalized(PrecisionPolicy::MixedBfloat16, L2({0.5}));
  // 0.5 (0.01 + 0.04 + 0.09 + 0.49 + 0.36 + 0.81); in bfloat16 0.1 alone is off by a thousandth.
  EXPECT_NEAR(squares.evaluate(zeros).at("loss"), 0.9, 1e-6);

  const OrthogonalRegularizer orthogonal({.factor = 1, .mode = OrthogonalMode::Columns});
  Model mixed = penalized(PrecisionPolicy::MixedBfloat16, orthogonal);
  Model wide = penalized(PrecisionPolicy::Float32, orthogonal);
  EXPECT_EQ(mixed.fit(zeros).epochs[0].at("loss"), wide.fit(zeros).epochs[0].at("loss"));
  const std::string kernel = wide.weight_names()[0];
  EXPECT_THAT(numbers_of(mixed.weight(kernel)),
              testing::Pointwise(testing::DoubleNear(1e-6), numbers_of(wide.weight(kernel))));
}

TEST(Regularized, WeightsAreStillMovedInTheirGradientsEpilogue) {
  Model model(Network({Dense({.units = 4,
                              .activation = Activation::Softmax,
                              .kernel_regularizer = L1L2({.l1 = 0.1, .l2 = 0.1}),
                              .input_shape = {{3}}})}),
              {.threads = 1});
  model.compile({.optimizer = Adam({},
                                   {.weight_decay = 0.1,
                                    .clipvalue = 1,
                                    .use_ema = true,
                                    .gradient_accumulation_steps = 2})});
  EXPECT_THAT(model.describe_plan(32), testing::HasSubstr("+update +column_sum +update"));
}

}  // namespace
}  // namespace carnyx
