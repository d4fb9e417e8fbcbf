// The layers of tests/oracle/layers.py in whole runs, beside Keras's.
#include <cmath>
#include <regex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/layers/gaussian_noise.h"
#include "carnyx/layers/layer_normalization.h"
#include "carnyx/layers/normalization.h"
#include "carnyx/layers/rescaling.h"

#include "tests/training/regularized_runs.h"

namespace carnyx {
namespace {

Json layers_cases() {
  const std::string path = CARNYX_SOURCE_DIR "/tests/golden/layers.json";
  return Json::parse(read_file(path, 1 << 20), path).at("cases");
}

std::vector<std::int64_t> axes_of(const Json& json) {
  std::vector<std::int64_t> axes;
  for (const Json* level = &json; level->is_array(); level = &level->at(std::size_t{0})) {
    axes.push_back(static_cast<std::int64_t>(level->size()));
  }
  return axes;
}

Tensor tensor_of(const Json& json) {
  return floats(Shape(axes_of(json)), flat(json));
}

Dataset data_of(const Json& expected) {
  return {.x = tensor_of(expected.at("x")),
          .y = tensor_of(expected.at("y")),
          .classes = 0,
          .name = "six"};
}

void expect_near(const Tensor& got,
                 const Json& expected,
                 double tolerance,
                 const std::string& what) {
  const std::vector<double> wanted = flat(expected);
  ASSERT_EQ(got.elements(), std::ssize(wanted)) << what;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double allowed = tolerance * std::max(1.0, std::abs(wanted[i]));
    EXPECT_NEAR(got.at(static_cast<std::int64_t>(i)), wanted[i], allowed)
        << what << '[' << i << ']';
  }
}

/// Pairs of a weight's name and its numbers.
void expect_named_weights(const Model& model, const Json& weights, const std::string& where) {
  EXPECT_EQ(model.weight_names().size(), weights.size()) << where;
  for (const Json& weight : weights.items()) {
    const std::string& name = weight.at(std::size_t{0}).as_string();
    expect_near(model.weight(name), weight.at(1), 1e-5, where + ": " + name);
  }
}

void expect_layer_run_of_keras(const Json& expected, const ModelOptions& options) {
  const std::string where = expected.at("network").at("config").at("layers").dump();
  const Dataset data = data_of(expected);
  Model model(Network::from_json(expected.at("network")), options);
  model.compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = MeanSquaredError({})});
  for (const Json& weight : expected.at("before").items()) {
    model.set_weight(weight.at(std::size_t{0}).as_string(), tensor_of(weight.at(1)));
  }
  expect_near(model.predict(data, {.batch_size = 4}), expected.at("predicted"), 1e-5, where);
  EXPECT_NEAR(model.evaluate(data, {.batch_size = 4}).at("loss"),
              expected.at("evaluated").as_number(),
              1e-5 * std::max(1.0, expected.at("evaluated").as_number()))
      << where;

  const History history = model.fit(data, {.batch_size = 4, .epochs = 2, .shuffle = false});

  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    const double wanted = expected.at("losses").at(epoch).as_number();
    EXPECT_NEAR(history.epochs.at(epoch).at("loss"), wanted, 1e-5 * std::max(1.0, wanted)) << where;
  }
  expect_named_weights(model, expected.at("after"), where);
}

TEST(LayerRuns, EndAsKerassDo) {
  const Json cases = layers_cases();
  ASSERT_EQ(cases.size(), 37U);
  for (std::size_t i = 0; i + 1 < cases.size(); ++i) {
    const Json& expected = cases.at(i);
    expect_layer_run_of_keras(expected, {.threads = 1});
    expect_layer_run_of_keras(expected, {.threads = 2, .fuse_updates = false});
    expect_layer_run_of_keras(
        expected, {.precision = PrecisionPolicy::Float64, .backend = Backend::Reference});
  }
}

/// The file that Keras wrote, and ours made of it.
TEST(LayerRuns, FilesOfKerasPredictAsKerasDoes) {
  const TemporaryDirectory directory;
  const Json cases = layers_cases();
  const Json& expected = cases.items().back();
  const Dataset data = {.x = tensor_of(expected.at("x")), .y = {}, .classes = 0, .name = "file"};
  Model model =
      load_model(CARNYX_SOURCE_DIR "/tests/saving/fixtures/" + expected.at("file").as_string(),
                 {.threads = 1});
  expect_named_weights(model, expected.at("after"), "file");
  expect_near(model.predict(data), expected.at("predicted"), 1e-5, "file");

  model.save(directory.path() + "/again.keras");
  model.save(directory.path() + "/again.weights.h5");
  Model again = load_model(directory.path() + "/again.keras", {.threads = 1});
  Model blank(model.network(), {.threads = 1});
  blank.load_weights(directory.path() + "/again.weights.h5");

  EXPECT_EQ(again.network().to_json(), model.network().to_json());
  EXPECT_EQ(again.iterations(), model.iterations());
  expect_near(again.predict(data), expected.at("predicted"), 1e-5, "again");
  expect_near(blank.predict(data), expected.at("predicted"), 1e-5, "weights");
}

/// Standardized, noisy, normalized: layers whose weights train and others whose weights do not.
Model noisy_model(const Dataset& data, ModelOptions options) {
  Normalization standardize({});
  standardize.adapt(data.x, data.divisor);
  Model model(Network({Input({.shape = {6}}),
                       standardize,
                       GaussianNoise({.stddev = 0.5}),
                       Dense({.units = 20, .activation = Activation::Relu}),
                       LayerNormalization({}),
                       Dense({.units = 3, .activation = Activation::Softmax})}),
              options);
  model.compile({.optimizer = Adam({}), .loss = SparseCategoricalCrossentropy({})});
  return model;
}

TEST(LayerRuns, LeaveUntrainedWeightsAloneAndKeepThemInCheckpoints) {
  const TemporaryDirectory directory;
  const Dataset data = blobs(64, 6, 3);
  Model whole = noisy_model(data, {.threads = 1});
  const std::vector<double> mean = numbers_of(whole.weight("normalization/mean"));
  const FitOptions options = {
      .batch_size = 16, .epochs = 4, .checkpoint = {.directory = directory.path() + "/whole"}};
  whole.fit(data, options);
  EXPECT_EQ(numbers_of(whole.weight("normalization/mean")), mean);
  EXPECT_FALSE(whole.states().contains("momentum/normalization/mean"));

  Dataset other = blobs(64, 6, 3);
  for (float& x : other.x.data<float>())
    x += 5;  // the resumed run must not keep what it began with
  FitOptions half = options;
  half.epochs = 2;
  half.checkpoint.directory = directory.path() + "/halves";
  noisy_model(data, {.threads = 1}).fit(data, half);
  half.epochs = 4;
  Model resumed = noisy_model(other, {.threads = 2});
  resumed.fit(data, half);

  for (const std::string& name : whole.weight_names()) {
    EXPECT_EQ(numbers_of(resumed.weight(name)), numbers_of(whole.weight(name))) << name;
  }
}

TEST(LayerRuns, NoiseIsOneOfSeedAndStepAndSilentAtInference) {
  const Dataset data = blobs(40, 6, 3);
  const auto trained = [&](ModelOptions options) {
    Model model = noisy_model(data, options);
    model.fit(data, {.batch_size = 16, .epochs = 2});
    return numbers_of(model.weight("dense/kernel"));
  };
  EXPECT_EQ(trained({.seed = 3, .threads = 1}), trained({.seed = 3, .threads = 3}));
  EXPECT_NE(trained({.seed = 3, .threads = 1}), trained({.seed = 4, .threads = 1}));
  Model model = noisy_model(data, {.threads = 1});
  EXPECT_EQ(numbers_of(model.predict(data)), numbers_of(model.predict(data)));
}

TEST(LayerRuns, AllRunInKernels) {
  const Dataset data = blobs(40, 6, 3);
  for (const PrecisionPolicy precision :
       {PrecisionPolicy::Float32, PrecisionPolicy::MixedBfloat16}) {
    Model model = noisy_model(data, {.precision = precision, .threads = 1});
    const std::string plan = model.describe_plan(32);
    EXPECT_TRUE(std::regex_search(plan, std::regex(R"(layer_norm_gradient .*\+gate)"))) << plan;
    // Constants are made once, when the program is.
    EXPECT_FALSE(std::regex_search(plan, std::regex("reference (?!fill)"))) << plan;
  }
}

TEST(LayerRuns, KeepLargeMeansInMixedPrecision) {
  Dataset years = blobs(64, 6, 3);
  for (float& x : years.x.data<float>()) x += 2011;  // bfloat16 knows 2008 and 2016
  Model mixed = noisy_model(years, {.precision = PrecisionPolicy::MixedBfloat16, .threads = 1});
  Model wide = noisy_model(years, {.threads = 1});
  const std::vector<double> wanted = numbers_of(wide.predict(years));
  EXPECT_THAT(numbers_of(mixed.predict(years)),
              testing::Pointwise(testing::DoubleNear(0.05), wanted));
}

TEST(LayerRuns, NormaliseOtherAxesThanTheLastWithoutEpsilonInPartialBatches) {
  Model model(Network({Reshape({.target_shape = {3, 2}, .input_shape = {{6}}}),
                       LayerNormalization({.axis = {1}, .epsilon = 0}),
                       Flatten({}),
                       Dense({.units = 3})}),
              {.threads = 1});
  model.compile(
      {.optimizer = SGD({}), .loss = SparseCategoricalCrossentropy({.from_logits = true})});

  const History history = model.fit(blobs(10, 6, 3), {.batch_size = 8, .epochs = 2});

  EXPECT_TRUE(std::isfinite(history.epochs.back().at("loss")));
}

TEST(LayerRuns, AFirstRescalingIsPartOfTheGather) {
  const auto network = [](std::vector<AnyLayer> first) {
    first.insert(first.begin(), Input({.shape = {28, 28}}));
    first.push_back(Flatten({}));
    first.push_back(Dense({.units = 3}));
    Model model(Network(std::move(first)), {.threads = 1});
    model.compile({.optimizer = SGD({}), .loss = SparseCategoricalCrossentropy({})});
    return model;
  };
  Model rescaled = network({Rescaling({.scale = 1.0 / 127.5, .offset = -1})});
  EXPECT_EQ(rescaled.describe_plan(32), network({}).describe_plan(32));

  Tensor bytes(DType::Uint8, {5, 28, 28});
  Tensor numbers(DType::Float32, {5, 28, 28});
  for (std::size_t i = 0; i < bytes.data<std::uint8_t>().size(); ++i) {
    bytes.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i * 7);
    numbers.data<float>()[i] = static_cast<float>(bytes.data<std::uint8_t>()[i]) / 127.5F - 1;
  }
  const std::vector<double> wanted =
      numbers_of(network({}).predict({.x = numbers, .y = {}, .name = "numbers"}));
  EXPECT_THAT(numbers_of(rescaled.predict({.x = bytes, .y = {}, .name = "bytes"})),
              testing::Pointwise(testing::DoubleNear(1e-4), wanted));
}

}  // namespace
}  // namespace carnyx
