#include "trainers/compile_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Network output_of(std::int64_t units, Activation activation) {
  return Network({Dense({.units = units, .activation = activation, .input_shape = {{4}}})});
}

struct Case {
  std::int64_t units;
  Activation activation;
  std::string loss;
  std::string metric;
  bool is_regression;
};

TEST(CompileChoice, FollowsTheOutputWhereNothingIsSaid) {
  for (const Case& each :
       {Case{3, Activation::Softmax, "SparseCategoricalCrossentropy", "accuracy", false},
        Case{3, Activation::Linear, "SparseCategoricalCrossentropy", "accuracy", false},
        Case{1, Activation::Sigmoid, "BinaryCrossentropy", "accuracy", false},
        Case{1, Activation::Linear, "MeanSquaredError", "mae", true}}) {
    const Network network = output_of(each.units, each.activation);
    const CompileChoice choice({}, {});

    const CompileOptions compiled = choice.resolve(network, 0.25);

    EXPECT_EQ(compiled.loss->class_name(), each.loss);
    EXPECT_EQ(compiled.metrics.at(0)->name(), each.metric);
    EXPECT_EQ(choice.is_regression(network), each.is_regression);
    EXPECT_EQ(compiled.optimizer->class_name(), "Adam");
    EXPECT_EQ(compiled.optimizer->learning_rate().at(0), 0.25);
  }
}

TEST(CompileChoice, TakesLogitsWhereTheOutputIsLinear) {
  const CompileOptions compiled =
      CompileChoice({}, {}).resolve(output_of(3, Activation::Linear), {});

  EXPECT_TRUE(compiled.loss->config().at("from_logits").as_bool());
}

TEST(CompileChoice, TakesProbabilitiesOutOfALayerOfSoftmax) {
  const Network network({Dense({.units = 3, .input_shape = {{4}}}), Softmax({})});

  const CompileOptions compiled = CompileChoice({}, {}).resolve(network, {});

  EXPECT_FALSE(compiled.loss->config().at("from_logits").as_bool());
}

TEST(CompileChoice, KnowsClassesFromNumbersBeforeTheInputsShape) {
  const Network classes(
      {Conv2D({.filters = 2, .kernel_size = {3, 3}}), Flatten({}), Dense({.units = 3})});
  const Network number(
      {Conv2D({.filters = 2, .kernel_size = {3, 3}}), Flatten({}), Dense({.units = 1})});

  EXPECT_FALSE(CompileChoice({}, {}).is_regression(classes));
  EXPECT_TRUE(CompileChoice({}, {}).is_regression(number));
}

TEST(CompileChoice, LetsFlagsWinOverTheFileAndTheFileOverTheOutput) {
  const Json file =
      Json::object({{"optimizer", "sgd"}, {"loss", "mae"}, {"metrics", Json::array({"mse"})}});
  const Network network = output_of(3, Activation::Softmax);

  const CompileOptions compiled =
      CompileChoice({.optimizer = "rmsprop"}, file).resolve(network, {});

  EXPECT_EQ(compiled.optimizer->class_name(), "RMSprop");
  EXPECT_EQ(compiled.loss->class_name(), "MeanAbsoluteError");
  EXPECT_EQ(compiled.metrics.at(0)->name(), "mse");
  EXPECT_TRUE(CompileChoice({}, file).is_regression(network));
}

TEST(CompileChoice, AsksForALossWhereTheOutputLeavesItOpen) {
  EXPECT_THAT(
      [] { static_cast<void>(CompileChoice({}, {}).resolve(output_of(3, Activation::Tanh), {})); },
      ThrowsMessage<InvalidArgument>(HasSubstr("add --loss")));
}

}  // namespace
}  // namespace carnyx
