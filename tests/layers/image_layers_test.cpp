// What is special to the layers of convolutional networks; the rest is in their contract and in
// tests/golden/image_layers.json.
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/batch_normalization.h"
#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/frozen.h"
#include "carnyx/layers/image_shapes.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/layers/registry.h"
#include "carnyx/layers/spatial_dropout.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr auto kFirst = ImageLayout::ChannelsFirst;

/// The shape that the layer makes of samples, and its states in order.
struct Built {
  Shape output;
  std::vector<std::string> states;
  std::vector<Shape> shapes;
  std::vector<bool> trainable;
};

Built built(const AnyLayer& layer, const Shape& sample, Mode mode = Mode::Training) {
  GraphBuilder builder(mode, 2);
  const Value y = layer->build(builder, builder.input("x", sample));
  Built result{.output = y.shape(), .states = {}, .shapes = {}, .trainable = {}};
  for (const Graph::State& state : builder.graph().states()) {
    result.states.push_back(state.spec.name);
    result.shapes.push_back(state.spec.shape);
    result.trainable.push_back(state.spec.trainable);
  }
  return result;
}

auto building(const AnyLayer& layer, const Shape& sample) {
  return [=] { built(layer, sample); };
}

AnyLayer read(const char* text) {
  return layer_from_json(Json::parse(text, "test"));
}

TEST(Conv2D, HasKerassShapesAndWeights) {
  const Built same = built(Conv2D({.filters = 6,
                                   .kernel_size = {3, 2},
                                   .strides = {2, 2},
                                   .padding = Padding::Same,
                                   .groups = 2}),
                           {5, 8, 4});
  EXPECT_EQ(same.output, Shape({2, 3, 4, 6}));
  EXPECT_THAT(same.states, ElementsAre("kernel", "bias"));
  EXPECT_THAT(same.shapes, ElementsAre(Shape{3, 2, 2, 6}, Shape{6}));
  EXPECT_EQ(
      built(Conv2D({.filters = 6, .kernel_size = {3, 2}, .data_format = kFirst}), {4, 5, 8}).output,
      Shape({2, 6, 3, 7}));
}

TEST(Conv2D, RefusesWhatKerasRefuses) {
  const auto making = [](Conv2DOptions options) { return [=] { Conv2D{options}; }; };
  EXPECT_THAT(making({.kernel_size = {3, 3}}),
              ThrowsMessage<InvalidArgument>(HasSubstr("filters must be at least 1")));
  EXPECT_THAT(making({.filters = 3}),
              ThrowsMessage<InvalidArgument>(HasSubstr("kernel_size must be at least 1")));
  EXPECT_THAT(making({.filters = 3, .kernel_size = {3, 3}, .strides = {0, 1}}),
              ThrowsMessage<InvalidArgument>(HasSubstr("strides must be at least 1")));
  EXPECT_THAT(making({.filters = 3, .kernel_size = {3, 3}, .groups = 2}),
              ThrowsMessage<InvalidArgument>(HasSubstr("2 groups and 3 filters")));
  EXPECT_THAT(
      making({.filters = 3, .kernel_size = {3, 3}, .strides = {2, 1}, .dilation_rate = {1, 2}}),
      ThrowsMessage<InvalidArgument>(HasSubstr("strides (2, 1) and dilation_rate (1, 2)")));
  EXPECT_THAT(building(Conv2D({.filters = 4, .kernel_size = {3, 3}, .groups = 2}), {5, 5, 3}),
              ThrowsMessage<InvalidArgument>(HasSubstr("2 groups and 3 channels")));
  EXPECT_THAT(building(Conv2D({.filters = 4, .kernel_size = {3, 3}}), {5, 5}),
              ThrowsMessage<InvalidArgument>(HasSubstr("[batch, height, width, channels]")));
  EXPECT_THAT(building(Conv2D({.filters = 4, .kernel_size = {6, 3}}), {5, 5, 3}),
              ThrowsMessage<InvalidArgument>(HasSubstr("padding \"same\"")));
  EXPECT_THAT(building(Conv2D({.filters = 1 << 30, .kernel_size = {1 << 30, 1 << 30}}), {5, 5, 3}),
              ThrowsMessage<InvalidArgument>(HasSubstr("Conv2D")));
}

TEST(DepthwiseConv2D, MakesTheResultsOfAChannelSideBySide) {
  const Built made =
      built(DepthwiseConv2D({.kernel_size = {3, 3}, .depth_multiplier = 2}), {5, 5, 3});
  EXPECT_EQ(made.output, Shape({2, 3, 3, 6}));
  EXPECT_THAT(made.shapes, ElementsAre(Shape{3, 3, 3, 2}, Shape{6}));
}

TEST(SeparableConv2D, HasAKernelOfSinglePixels) {
  const Built made = built(
      SeparableConv2D({.filters = 5, .kernel_size = {3, 3}, .depth_multiplier = 2}), {5, 5, 3});
  EXPECT_THAT(made.states, ElementsAre("depthwise_kernel", "pointwise_kernel", "bias"));
  EXPECT_THAT(made.shapes, ElementsAre(Shape{3, 3, 3, 2}, Shape{1, 1, 6, 5}, Shape{5}));
}

TEST(Conv2DTranspose, RefusesOutputPaddingThatDoesNotFit) {
  EXPECT_THAT(
      [] {
        Conv2DTranspose(
            {.filters = 1, .kernel_size = {3, 3}, .strides = {2, 2}, .output_padding = {{2, 0}}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("got 2 where the stride is 2")));
  EXPECT_THAT(
      building(Conv2DTranspose({.filters = 1,
                                .kernel_size = {2, 2},
                                .strides = {2, 2},
                                .padding = Padding::Same,
                                .output_padding = {{0, 0}}}),
               {4, 4, 1}),
      ThrowsMessage<InvalidArgument>(HasSubstr("of which a convolution makes 3 and not 4")));
}

TEST(Pooling2D, StridesAreThePoolsSizeUnlessGiven) {
  EXPECT_EQ(built(MaxPooling2D({.pool_size = {3, 2}}), {7, 7, 1}).output, Shape({2, 2, 3, 1}));
  EXPECT_EQ(built(MaxPooling2D({.pool_size = {3, 2}, .strides = {{1, 1}}}), {7, 7, 1}).output,
            Shape({2, 5, 6, 1}));
  EXPECT_EQ(
      built(MaxPooling2D({.padding = Padding::Same, .data_format = kFirst}), {1, 7, 6}).output,
      Shape({2, 1, 4, 3}));
  EXPECT_EQ(MaxPooling2D({.pool_size = {3, 2}}).config().at("strides").dump(), "[3, 2]");
  EXPECT_THAT(
      [] {
        AveragePooling2D({.pool_size = {0, 1}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("AveragePooling2D: pool_size")));
  EXPECT_THAT(building(MaxPooling2D({.pool_size = {3, 3}}), {2, 7, 1}),
              ThrowsMessage<InvalidArgument>(HasSubstr("does not fit")));
}

TEST(BatchNormalization, HasStatisticsThatNoOptimizerMoves) {
  const Built made = built(BatchNormalization({}), {4, 4, 3});
  EXPECT_THAT(made.states, ElementsAre("gamma", "beta", "moving_mean", "moving_variance"));
  EXPECT_THAT(made.trainable, ElementsAre(true, true, false, false));
  EXPECT_THAT(built(BatchNormalization({.center = false}), {4, 4, 3}).states,
              ElementsAre("gamma", "moving_mean", "moving_variance"));
  EXPECT_THAT(built(frozen(BatchNormalization({})), {4, 4, 3}).trainable,
              ElementsAre(false, false, false, false));
}

TEST(BatchNormalization, MovesItsStatisticsOncePerUseOfASharedLayer) {
  const AnyLayer norm = BatchNormalization({});
  GraphBuilder builder(Mode::Training, 2);
  const Value x = builder.input("x", {3});
  norm->build(builder, norm->build(builder, x));
  EXPECT_EQ(builder.graph().assignments().size(), 2U);
  GraphBuilder inference(Mode::Inference, 2);
  norm->build(inference, inference.input("x", {3}));
  EXPECT_TRUE(inference.graph().assignments().empty());
}

TEST(BatchNormalization, RefusesWhatItCannotFollow) {
  EXPECT_THROW(BatchNormalization({.epsilon = -1}), InvalidArgument);
  EXPECT_THROW(BatchNormalization({.momentum = 1.5}), InvalidArgument);
  EXPECT_THAT(building(BatchNormalization({.axis = 2}), {3}),
              ThrowsMessage<InvalidArgument>(HasSubstr("1 to 1 or negative, got 2")));
  EXPECT_THAT([] { read(R"({"class_name": "BatchNormalization", "config": {"renorm": true}})"); },
              ThrowsMessage<InvalidArgument>(HasSubstr("'renorm' is not supported")));
}

TEST(ImageShapes, RefuseWhatDoesNotFit) {
  EXPECT_THAT(
      [] {
        ZeroPadding2D({.padding = {{{0, -1}, {0, 0}}}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("padding must be at least 0")));
  EXPECT_THAT(building(Cropping2D({.cropping = {{{2, 1}, {0, 0}}}}), {3, 4, 1}),
              ThrowsMessage<InvalidArgument>(HasSubstr("((2, 1), (0, 0)) of 3 x 4 pixels")));
  EXPECT_THROW(UpSampling2D({.size = {0, 1}}), InvalidArgument);
  EXPECT_THAT(building(UpSampling2D({.size = {2, 2}, .interpolation = Interpolation::Bilinear}),
                       {4000, 4, 1}),
              ThrowsMessage<InvalidArgument>(HasSubstr("take interpolation \"nearest\"")));
  EXPECT_THAT(
      [] {
        Permute({.dims = {1, 3}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("each number from 1 on once, got (1, 3)")));
  EXPECT_THAT(building(Permute({.dims = {2, 1}}), {3, 4, 1}),
              ThrowsMessage<InvalidArgument>(HasSubstr("samples of 2 axes")));
}

TEST(ActivationLayers, RefuseNegativeOptions) {
  EXPECT_THAT([] { ReLU({.max_value = -1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("max_value must be at least 0, got -1")));
  EXPECT_THROW(ReLU({.negative_slope = -1}), InvalidArgument);
  EXPECT_THROW(ReLU({.threshold = NAN}), InvalidArgument);
  EXPECT_THROW(LeakyReLU({.negative_slope = -0.1}), InvalidArgument);
  EXPECT_THROW(ELU({.alpha = -0.1}), InvalidArgument);
  EXPECT_THAT(building(PReLU({.shared_axes = {3}}), {2, 2}),
              ThrowsMessage<InvalidArgument>(HasSubstr("1 to 2, got (3,)")));
  EXPECT_THAT(building(Softmax({.axis = {1, -1}}), {2}),
              ThrowsMessage<InvalidArgument>(HasSubstr("once")));
  EXPECT_THROW(Softmax({.axis = {}}), InvalidArgument);
}

TEST(Dropout, RefusesANoiseShapeThatDoesNotBroadcast) {
  EXPECT_THAT(building(Dropout({.rate = 0.5, .noise_shape = {std::nullopt, 2}}), {3}),
              ThrowsMessage<InvalidArgument>(HasSubstr("(2, 3), got [null, 2]")));
  EXPECT_THROW(SpatialDropout2D({.rate = 1}), InvalidArgument);
}

TEST(Frozen, KeepsTheLayerAndSaysSo) {
  const AnyLayer layer = frozen(Dense({.units = 2, .kernel_regularizer = L2({}), .name = "d"}));
  EXPECT_EQ(layer->name(), "d");
  EXPECT_FALSE(layer->trainable());
  EXPECT_FALSE(layer_to_json(*layer, "d").at("config").at("trainable").as_bool());
  EXPECT_FALSE(layer_from_json(layer_to_json(*layer, "d"))->trainable());
  GraphBuilder builder(Mode::Training, 2);
  layer->build(builder, builder.input("x", {3}));
  EXPECT_FALSE(builder.regularization().total.has_value()) << "Keras 3 leaves it out of the loss";
  EXPECT_FALSE(builder.frozen()) << "only while it is built";
}

TEST(Frozen, MergesAsItsLayerDoes) {
  const AnyLayer layer =
      read(R"({"class_name": "Add", "config": {"name": "a", "trainable": false}})");
  GraphBuilder builder(Mode::Training, 2);
  const std::vector<Value> xs = {builder.input("x", {3}), builder.input("y", {3})};
  EXPECT_EQ(layer->build_from(builder, xs).shape(), Shape({2, 3}));
}

TEST(Layers, OfImagesAreReadFromConfigsOfKeras2) {
  const AnyLayer conv = read(R"({"class_name": "Conv2D", "config": {"name": "c",
      "trainable": true, "batch_input_shape": [null, 28, 28, 1], "dtype": "float32", "filters": 32,
      "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", "data_format": "channels_last",
      "dilation_rate": [1, 1], "activation": "relu", "use_bias": true,
      "kernel_initializer": {"class_name": "VarianceScaling", "config": {"scale": 1.0,
      "mode": "fan_avg", "distribution": "uniform", "seed": null}},
      "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": null,
      "bias_regularizer": null, "activity_regularizer": null, "kernel_constraint": null,
      "bias_constraint": null}})");
  EXPECT_EQ(conv->input_shape(), Shape({28, 28, 1}));
  EXPECT_EQ(conv->config().at("groups"), Json(1));
  const AnyLayer norm = read(R"({"class_name": "BatchNormalization", "config": {"name": "b",
      "trainable": false, "axis": [3], "momentum": 0.997, "epsilon": 1e-5}})");
  EXPECT_EQ(norm->config().at("axis"), Json(3));
  EXPECT_FALSE(norm->trainable());
  EXPECT_EQ(read(R"({"class_name": "LeakyReLU", "config": {"alpha": 0.125}})")->config().dump(),
            R"({"negative_slope": 0.125})");
  EXPECT_EQ(read(R"({"class_name": "MaxPooling2D", "config": {"pool_size": 3, "strides": null}})")
                ->config()
                .at("strides")
                .dump(),
            "[3, 3]");
  EXPECT_EQ(read(R"({"class_name": "ZeroPadding2D", "config": {"padding": [1, 2]}})")
                ->config()
                .at("padding")
                .dump(),
            "[[1, 1], [2, 2]]");
  read(R"({"class_name": "SpatialDropout2D",
      "config": {"trainable": true, "rate": 0.5, "noise_shape": null, "seed": null}})");
}

TEST(Layers, OfImagesNameTheOptionThatDoesNotFit) {
  const auto reading = [](const char* text) { return [=] { read(text); }; };
  EXPECT_THAT(
      reading(R"({"class_name": "Conv2D", "config": {"name": "c", "padding": "smae"}})"),
      ThrowsMessage<InvalidArgument>(HasSubstr("layer 'c': padding: unknown padding 'smae'")));
  EXPECT_THAT(reading(R"({"class_name": "Conv2D", "config": {"name": "c", "kernel_sise": 3}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("kernel_size")));
  EXPECT_THAT(
      reading(R"({"class_name": "Conv2D", "config": {"name": "c", "kernel_size": [1, 2, 3]}})"),
      ThrowsMessage<InvalidArgument>(HasSubstr("kernel_size: expected a whole number or two")));
  EXPECT_THAT(reading(R"({"class_name": "UpSampling2D", "config": {"interpolation": "bicubic"}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("interpolation 'bicubic'")));
  EXPECT_THAT(reading(R"({"class_name": "Conv2D", "config": {"lora_rank": 4}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("lora_rank")));
}

}  // namespace
}  // namespace carnyx
