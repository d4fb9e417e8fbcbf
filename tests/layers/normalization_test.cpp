#include "carnyx/layers/normalization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/graph/state_store.h"
#include "carnyx/layers/gaussian_noise.h"
#include "carnyx/layers/layer_normalization.h"
#include "carnyx/layers/registry.h"
#include "carnyx/layers/rescaling.h"

namespace carnyx {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor floats(const Shape& shape, const std::vector<float>& numbers) {
  return Tensor::from<float>(shape, numbers);
}

/// What a state of the layer begins with, in a model of samples of this shape.
std::vector<double> beginning(const Normalization& layer, const Shape& sample, const char* state) {
  GraphBuilder builder(Mode::Inference, 1);
  layer.build(builder, builder.input("x", sample));
  const StateStore states(
      builder.graph().states(), {kernels::Layout::Rows, DType::Float32}, /*seed=*/1);
  const Tensor values = states.read(state);
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < values.elements(); ++i) numbers.push_back(values.at(i));
  return numbers;
}

TEST(Normalization, BeginsWithTheMeanAndVarianceOfData) {
  Normalization layer({});
  layer.adapt(floats({4, 3}, {0, 7, 4, 2, 9, 6, 0, 7, 4, 2, 9, 6}));

  EXPECT_THAT(beginning(layer, {3}, "mean"), ElementsAre(1, 8, 5));
  EXPECT_THAT(beginning(layer, {3}, "variance"), ElementsAre(1, 1, 1));
  EXPECT_THAT(beginning(layer, {3}, "count"), ElementsAre(0)) << "as Keras leaves it";
}

TEST(Normalization, KeepsTheAxesThatItIsAskedTo) {
  const Tensor x = floats({2, 2, 3}, {0, 1, 2, 10, 11, 12, 4, 5, 6, 20, 21, 22});
  Normalization rows({.axis = {1}});
  Normalization one({.axis = {}});
  Normalization places({.axis = {-1, 1}});
  for (Normalization* layer : {&rows, &one, &places}) layer->adapt(x);

  EXPECT_THAT(beginning(rows, {2, 3}, "mean"), ElementsAre(3, 16));
  EXPECT_THAT(beginning(one, {2, 3}, "mean"), ElementsAre(9.5));
  EXPECT_THAT(beginning(places, {2, 3}, "mean"), ElementsAre(2, 3, 4, 15, 16, 17));
  EXPECT_THAT(beginning(places, {2, 3}, "variance"), ElementsAre(4, 4, 4, 25, 25, 25));
}

TEST(Normalization, SumsInDoubleAndSeesBytesDivided) {
  constexpr std::int64_t kRows = 100000;
  Tensor large(DType::Float32, {kRows, 1});
  for (std::int64_t i = 0; i < kRows; ++i) {
    large.data<float>()[static_cast<std::size_t>(i)] = i % 2 == 0 ? 2011 : 2012;
  }
  Normalization years({});
  years.adapt(large);
  EXPECT_THAT(beginning(years, {1}, "mean"), ElementsAre(2011.5));
  EXPECT_THAT(beginning(years, {1}, "variance"), ElementsAre(0.25));

  Normalization bytes({});
  bytes.adapt(Tensor::from<std::uint8_t>({2, 1}, std::vector<std::uint8_t>{0, 255}), 255);
  EXPECT_THAT(beginning(bytes, {1}, "mean"), ElementsAre(DoubleNear(0.5, 1e-7)));
}

TEST(Normalization, RefusesWhatItCannotFollow) {
  EXPECT_THAT([] { Normalization({.mean = 1.0}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("mean and variance")));
  EXPECT_THROW(Normalization({.mean = 1.0, .variance = {{1, 2}}}), InvalidArgument);
  const auto adapting = [](NormalizationOptions options, Tensor x) {
    return [options = std::move(options), x = std::move(x)] { Normalization(options).adapt(x); };
  };
  EXPECT_THAT(adapting({}, floats({2, 1}, {1, NAN})),
              ThrowsMessage<InvalidArgument>(HasSubstr("finite")));
  EXPECT_THAT(adapting({}, Tensor(DType::Float32, {0, 3})),
              ThrowsMessage<InvalidArgument>(HasSubstr("got none")));
  EXPECT_THAT(adapting({.axis = {0}}, floats({2, 1}, {1, 2})),
              ThrowsMessage<InvalidArgument>(HasSubstr("axis")));
  EXPECT_THAT(adapting({.mean = 0.0, .variance = 1.0}, floats({2, 1}, {1, 2})),
              ThrowsMessage<InvalidArgument>(HasSubstr("given")));
  EXPECT_THAT(
      [] {
        GraphBuilder builder(Mode::Inference, 1);
        Normalization({.mean = {{1, 2}}, .variance = {{1, 2}}})
            .build(builder, builder.input("x", {3}));
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("must broadcast to (3,), got (2,)")));
  Normalization three({});
  three.adapt(floats({1, 3}, {1, 2, 3}));
  EXPECT_THAT([&] { beginning(three, {4}, "mean"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("(3,), got (4,)")));
}

TEST(LayerNormalization, RefusesWhatItCannotFollow) {
  EXPECT_THROW(LayerNormalization({.epsilon = -1}), InvalidArgument);
  EXPECT_THROW(LayerNormalization({.axis = {}}), InvalidArgument);
  const auto building = [](std::vector<std::int64_t> axis) {
    return [axis] {
      GraphBuilder builder(Mode::Inference, 2);
      LayerNormalization({.axis = axis}).build(builder, builder.input("x", {3}));
    };
  };
  EXPECT_THAT(building({2}), ThrowsMessage<InvalidArgument>(HasSubstr("1 to 1")));
  EXPECT_THAT(building({0}), ThrowsMessage<InvalidArgument>(HasSubstr("axis")));
  EXPECT_THAT(building({1, -1}), ThrowsMessage<InvalidArgument>(HasSubstr("once")));
}

TEST(GaussianNoise, RefusesADeviationThatKerasRefuses) {
  EXPECT_THAT([] { GaussianNoise({.stddev = 1.5}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("stddev must be in [0, 1], got 1.5")));
  EXPECT_THROW(GaussianNoise({.stddev = NAN}), InvalidArgument);
}

TEST(Rescaling, RefusesNumbersThatDoNotFit) {
  GraphBuilder builder(Mode::Inference, 2);
  const Value x = builder.input("x", {3});
  EXPECT_THROW(Rescaling({.scale = {1, 2}}).build(builder, x), InvalidArgument);
  EXPECT_THROW(Rescaling({.offset = NumberArray({2, 1, 1}, {1, 2})}).build(builder, x),
               InvalidArgument);
}

TEST(Layers, AreReadFromConfigsOfKeras2) {
  const auto read = [](const char* text) {
    return layer_from_json(Json::parse(text, "test"))->config();
  };
  const Json norm = read(R"({"class_name": "LayerNormalization", "config": {"name": "n",
      "trainable": true, "dtype": "float32", "axis": [1], "epsilon": 0.001, "center": true,
      "scale": false, "beta_initializer": {"class_name": "Zeros", "config": {}},
      "gamma_initializer": {"class_name": "Ones", "config": {}}, "beta_regularizer": null,
      "gamma_regularizer": null, "beta_constraint": null, "gamma_constraint": null}})");
  EXPECT_EQ(norm.at("axis").dump(), "[1]");
  EXPECT_FALSE(norm.at("scale").as_bool());
  EXPECT_EQ(read(R"({"class_name": "Rescaling",
      "config": {"name": "r", "scale": 0.5, "offset": 0.0}})")
                .dump(),
            R"({"scale": 0.5, "offset": 0.0})");
  EXPECT_EQ(read(R"({"class_name": "Normalization", "config": {"axis": -1, "mean": null,
      "variance": null}})")
                .at("axis")
                .dump(),
            "[-1]");
  EXPECT_EQ(read(R"({"class_name": "GaussianNoise", "config": {"stddev": 0.25}})").at("stddev"),
            Json(0.25));
}

TEST(Layers, ReadNumbersInListsAndInArrays) {
  const auto read = [](const char* text) {
    return number_array_from_json(Json::parse(text, "test"));
  };
  EXPECT_EQ(read("[[1, 2], [3, 4], [5, 6]]").shape(), Shape({3, 2}));
  EXPECT_EQ(json_of(read("[[1.5], [2.5]]")).dump(), "[[1.5], [2.5]]");
  EXPECT_EQ(json_of(read("2")).dump(), "2.0");
  EXPECT_EQ(read(R"({"class_name": "__numpy__", "config": {"value": [1, 2], "dtype": "float32"}})")
                .numbers(),
            std::vector<double>({1, 2}));
  EXPECT_THROW(read("[[1, 2], [3]]"), InvalidArgument);
  EXPECT_THROW(read("[]"), InvalidArgument);
}

}  // namespace
}  // namespace carnyx
