#include "carnyx/training/model.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/graph/ops.h"

#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Model small_model(ModelOptions options = {.threads = 2}) {
  Model model(Network({Dense({.units = 24, .activation = Activation::Relu, .input_shape = {{8}}}),
                       Dense({.units = 4, .activation = Activation::Softmax})}),
              options);
  model.compile({.optimizer = Adam({.learning_rate = 0.01}), .metrics = {Accuracy({})}});
  return model;
}

/// What the mean loss and the accuracy are, from the predicted probabilities.
Logs measured(const Tensor& probabilities, const Dataset& data) {
  double loss = 0;
  double correct = 0;
  const std::int64_t classes = probabilities.shape()[1];
  for (std::int64_t i = 0; i < data.samples(); ++i) {
    const auto label = static_cast<std::int64_t>(data.y.at(i));
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < classes; ++c) {
      if (probabilities.at(i * classes + c) > probabilities.at(i * classes + best)) best = c;
    }
    loss -= std::log(probabilities.at(i * classes + label));
    correct += best == label ? 1 : 0;
  }
  const auto samples = static_cast<double>(data.samples());
  return {{"loss", loss / samples}, {"accuracy", correct / samples}};
}

void expect_logs_near(const Logs& got, const Logs& wanted, double tolerance) {
  for (const auto& [name, value] : wanted.entries()) EXPECT_NEAR(got.at(name), value, tolerance);
}

TEST(Model, LearnsToTellBlobsApart) {
  Model model = small_model();
  const Dataset data = blobs(200, 8, 4);

  const History history = model.fit(data, {.batch_size = 20, .epochs = 8});

  EXPECT_LT(history.series("loss").back(), history.series("loss").front() / 4);
  EXPECT_GT(history.series("accuracy").back(), 0.95);
  EXPECT_EQ(model.iterations(), 80);
}

TEST(Model, EvaluatesWhatItPredicts) {
  Model model = small_model();
  const Dataset data = blobs(53, 8, 4);
  model.fit(data, {.batch_size = 10});

  const Logs logs = model.evaluate(data, {.batch_size = 16});

  expect_logs_near(logs, measured(model.predict(data, {.batch_size = 7}), data), 1e-5);
}

TEST(Model, EvaluatesTheSameAtAnyBatchSize) {
  Model model = small_model();
  const Dataset data = blobs(53, 8, 4);
  const Logs wanted = model.evaluate(data, {.batch_size = 53});
  for (const std::int64_t batch_size : {1, 7, 64}) {
    expect_logs_near(model.evaluate(data, {.batch_size = batch_size}), wanted, 1e-6);
  }
}

TEST(Model, EvaluatesTheWeightsItHasNowInEveryPrecision) {
  for (const auto precision : {PrecisionPolicy::Float32, PrecisionPolicy::MixedBfloat16}) {
    Model model = small_model({.precision = precision, .threads = 2});
    const Dataset data = blobs(60, 8, 4);
    const Logs before = model.evaluate(data);
    model.fit(data, {.batch_size = 10, .epochs = 4});

    const Logs after = model.evaluate(data);

    EXPECT_LT(after.at("loss"), before.at("loss") / 2);
    expect_logs_near(after, measured(model.predict(data), data), 0.02);
  }
}

TEST(Model, EvaluatesWeightsThatWereSetInEveryPrecision) {
  for (const auto precision : {PrecisionPolicy::Float32, PrecisionPolicy::MixedBfloat16}) {
    Model model = small_model({.precision = precision, .threads = 2});
    const Dataset data = blobs(60, 8, 4);
    static_cast<void>(model.evaluate(data));
    model.set_weight("dense_1/kernel", Tensor(DType::Float32, {24, 4}));

    const Logs logs = model.evaluate(data);

    EXPECT_NEAR(logs.at("loss"), std::log(4), 1e-6);
  }
}

TEST(Model, PredictsOneRowASampleInOrder) {
  Model model = small_model();
  const Dataset data = blobs(23, 8, 4);

  const Tensor all = model.predict(data, {.batch_size = 23});

  ASSERT_EQ(all.shape(), (Shape{23, 4}));
  const Tensor batched = model.predict(data, {.batch_size = 5});
  const Tensor tail = model.predict(data.slice(20, 3));
  for (std::int64_t i = 0; i < all.elements(); ++i) EXPECT_EQ(batched.at(i), all.at(i));
  for (std::int64_t i = 0; i < tail.elements(); ++i) EXPECT_EQ(tail.at(i), all.at(80 + i));
}

TEST(Model, PredictsItsInputWhereNoLayerChangesIt) {
  Model model(Network({Flatten({}), Dropout({.rate = 0.5})}), {.threads = 1});
  const Dataset data = blobs(7, 12, 3).with_sample_shape({3, 4});

  const Tensor output = model.predict(data, {.batch_size = 3});

  ASSERT_EQ(output.shape(), (Shape{7, 12}));
  for (std::int64_t i = 0; i < output.elements(); ++i) EXPECT_EQ(output.at(i), data.x.at(i));
}

TEST(Model, ReadsBytesDividedByTheDivisor) {
  Model model(Network({Flatten({})}), {.threads = 1});
  Dataset data{.x = Tensor(DType::Uint8, {2, 2}), .y = {}, .divisor = 255};
  data.x.data<std::uint8_t>()[3] = 51;

  const Tensor output = model.predict(data);

  EXPECT_FLOAT_EQ(output.data<float>()[3], 0.2F);
  EXPECT_EQ(output.data<float>()[0], 0);
}

TEST(Model, IsDecidedByItsSeed) {
  const Dataset data = blobs(60, 8, 4);
  const auto weights = [&](std::uint64_t seed) {
    Model model = small_model({.seed = seed, .threads = 2});
    model.fit(data, {.batch_size = 9, .epochs = 2});
    return numbers_of(model.weight("dense/kernel"));
  };
  EXPECT_EQ(weights(3), weights(3));
  EXPECT_NE(weights(3), weights(4));
}

TEST(Model, KeepsItsWeightsWhenCompiledAgainAndBeginsSlotsAnew) {
  Model model = small_model();
  model.fit(blobs(60, 8, 4), {.batch_size = 10});
  const auto weights = numbers_of(model.weight("dense/kernel"));

  model.compile({.optimizer = SGD({.momentum = 0.9})});

  EXPECT_EQ(numbers_of(model.weight("dense/kernel")), weights);
  EXPECT_EQ(model.iterations(), 0);
  EXPECT_FALSE(model.states().contains("velocity/dense/kernel"));
  for (const double slot : numbers_of(model.weight("momentum/dense/kernel"))) EXPECT_EQ(slot, 0);
}

TEST(Model, NamesWeightsInTheNetworksOrder) {
  EXPECT_THAT(small_model().weight_names(),
              testing::ElementsAre("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"));
}

TEST(Model, TakesItsInputShapeFromTheData) {
  Model model(Network({Dense({.units = 4, .activation = Activation::Softmax})}), {.threads = 1});
  model.compile({});
  EXPECT_THROW(static_cast<void>(model.weight_names()), InvalidArgument);

  model.fit(blobs(20, 6, 4));

  EXPECT_EQ(model.weight("dense/kernel").shape(), (Shape{6, 4}));
}

TEST(Model, TrainsInFloat64OnTheReferenceAlone) {
  const Dataset data = blobs(40, 8, 4);
  Model wide = small_model({.precision = PrecisionPolicy::Float64, .backend = Backend::Reference});
  Model narrow = small_model({.backend = Backend::Reference});
  const Logs wanted = wide.fit(data).epochs.back();
  expect_logs_near(narrow.fit(data).epochs.back(), wanted, 1e-4);

  Model fast = small_model({.precision = PrecisionPolicy::Float64});
  EXPECT_THAT([&] { fast.fit(data); }, ThrowsMessage<InvalidArgument>(HasSubstr("reference")));
}

TEST(Model, RefusesWhatDoesNotFit) {
  Model model = small_model();
  const Dataset data = blobs(20, 8, 4);
  EXPECT_THAT([&] { model.fit(blobs(20, 9, 4)); },
              ThrowsMessage<InvalidArgument>(HasSubstr("(8,), got (9,)")));
  EXPECT_THROW(model.fit(data, {.batch_size = 0}), InvalidArgument);
  EXPECT_THROW(model.evaluate(data, {.batch_size = -1}), InvalidArgument);
  EXPECT_THROW(model.predict(data, {.batch_size = 0}), InvalidArgument);
  EXPECT_THROW(model.set_weight("dense/kernel", Tensor(DType::Float32, {8, 25})), InvalidArgument);
  EXPECT_THROW(static_cast<void>(model.weight("dense_9/kernel")), NotFound);
  Model plain(Network({Dense({.units = 4})}), {.threads = 1});
  EXPECT_THAT([&] { plain.fit(data); }, ThrowsMessage<InvalidArgument>(HasSubstr("compile()")));
}

TEST(PrecisionPolicy, HasKerassNames) {
  PrecisionPolicy policy{};
  from_name("mixed_bfloat16", policy);
  EXPECT_EQ(policy, PrecisionPolicy::MixedBfloat16);
  EXPECT_EQ(name_of(PrecisionPolicy::Float64), "float64");
  EXPECT_THAT([&] { from_name("mixed_bfloat", policy); },
              ThrowsMessage<InvalidArgument>(HasSubstr("mixed_bfloat16")));
}

}  // namespace
}  // namespace carnyx
