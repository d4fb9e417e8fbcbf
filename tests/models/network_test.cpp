#include "carnyx/models/network.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/layers/core.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const Network& network) {
  std::vector<std::string> names;
  for (const auto& layer : network.layers()) names.push_back(layer.name);
  return names;
}

/// What a call that must be refused says.
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no InvalidArgument";
}

// keras.src.utils.naming.to_snake_case of Keras 3.15.
TEST(ToSnakeCase, IsThatOfKeras) {
  EXPECT_EQ(to_snake_case("Dense"), "dense");
  EXPECT_EQ(to_snake_case("MaxPooling2D"), "max_pooling2d");
  EXPECT_EQ(to_snake_case("Conv2D"), "conv2d");
  EXPECT_EQ(to_snake_case("Conv2DTranspose"), "conv2d_transpose");
  EXPECT_EQ(to_snake_case("BatchNormalization"), "batch_normalization");
  EXPECT_EQ(to_snake_case("GlobalAveragePooling2D"), "global_average_pooling2d");
  EXPECT_EQ(to_snake_case("ReLU"), "re_lu");
  EXPECT_EQ(to_snake_case("PReLU"), "p_re_lu");
  EXPECT_EQ(to_snake_case("ELU"), "elu");
  EXPECT_EQ(to_snake_case("LSTM"), "lstm");
  EXPECT_EQ(to_snake_case("GRUCell"), "gru_cell");
  EXPECT_EQ(to_snake_case("MyHTTPLayer"), "my_http_layer");
  EXPECT_EQ(to_snake_case("XAbCd"), "x_ab_cd");
  EXPECT_EQ(to_snake_case("A1Bc"), "a1_bc");
}

TEST(Network, NumbersLayersOfOneClassAsKeras3) {
  const Network network(
      {Dense({.units = 2}), Dropout({.rate = 0.1}), Dense({.units = 2}), Dense({.units = 1})});

  EXPECT_THAT(names_of(network), ElementsAre("dense", "dropout", "dense_1", "dense_2"));
}

TEST(Network, NumbersLayersFromOneAsKeras2) {
  const Network network({Dense({.units = 2}), Dropout({.rate = 0.1}), Dense({.units = 2})},
                        {.naming = NamingStyle::Keras2});

  EXPECT_THAT(names_of(network), ElementsAre("dense_1", "dropout_1", "dense_2"));
}

TEST(Network, RejectsTwoLayersOfOneName) {
  const std::string refused = refusal([] {
    Network({Dense({.units = 2, .name = "hidden"}), Dense({.units = 2, .name = "hidden"})});
  });

  EXPECT_THAT(refused, AllOf(HasSubstr("'hidden'"), HasSubstr("twice")));
}

TEST(Network, RejectsAnInputThatIsNotTheFirstLayer) {
  EXPECT_THROW(Network({Dense({.units = 2}), Input({{3}})}), InvalidArgument);
}

TEST(Network, LeavesTheInputOutOfItsLayers) {
  const Network network({Input({{3}}), Dense({.units = 2})});

  EXPECT_THAT(names_of(network), ElementsAre("dense"));
  EXPECT_EQ(network.input_shape(), Shape({3}));
}

TEST(Network, TakesTheInputShapeOfItsFirstLayer) {
  EXPECT_EQ(Network({Dense({.units = 2, .input_shape = {{7}}})}).input_shape(), Shape({7}));
}

TEST(Network, SaysHowToGiveAMissingInputShape) {
  const Network network({Dense({.units = 2})});

  EXPECT_FALSE(network.has_input_shape());
  EXPECT_THAT(refusal([&] { static_cast<void>(network.input_shape()); }),
              HasSubstr(".input_shape"));
}

TEST(Network, IsGivenAnInputShapeOnce) {
  const Network network({Dense({.units = 2})});

  const Network shaped = network.with_input_shape({5});

  EXPECT_EQ(shaped.input_shape(), Shape({5}));
  EXPECT_EQ(shaped.with_input_shape({5}).input_shape(), Shape({5}));
  EXPECT_FALSE(network.has_input_shape());
  EXPECT_THAT(refusal([&] { static_cast<void>(shaped.with_input_shape({6})); }),
              AllOf(HasSubstr("(5,)"), HasSubstr("(6,)")));
}

TEST(Network, CountsShapesAndParametersLayerByLayer) {
  const Network network({Flatten({.input_shape = {{28, 28}}}),
                         Dense({.units = 10, .use_bias = false}),
                         Dense({.units = 3}),
                         Reshape({.target_shape = {1, 3}})});

  const std::vector<LayerSummary> rows = network.summarize();

  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].output_shape, Shape({784}));
  EXPECT_EQ(rows[0].trainable_parameters, 0);
  EXPECT_EQ(rows[1].trainable_parameters, 7840);
  EXPECT_EQ(rows[2].trainable_parameters, 33);
  EXPECT_EQ(rows[2].class_name, "Dense");
  EXPECT_EQ(rows[3].output_shape, Shape({1, 3}));
  EXPECT_EQ(rows[3].other_parameters, 0);
}

TEST(Network, NamesTheLayerThatDoesNotFit) {
  const Network network({Dense({.units = 10, .input_shape = {{4}}}),
                         Reshape({.target_shape = {3, 3}, .name = "grid"})});

  EXPECT_THAT(refusal([&] { static_cast<void>(network.summarize()); }), HasSubstr("'grid'"));
}

TEST(Network, ComesBackFromItsJson) {
  const Network network({Input({{4}}),
                         Dense({.units = 3, .activation = Activation::Relu, .name = "hidden"}),
                         Dropout({.rate = 0.25}),
                         Dense({.units = 2, .use_bias = false})},
                        {.name = "mine"});

  const Network back = Network::from_json(network.to_json());

  EXPECT_EQ(back.name(), "mine");
  EXPECT_EQ(back.input_shape(), Shape({4}));
  EXPECT_THAT(names_of(back), ElementsAre("hidden", "dropout", "dense"));
  EXPECT_EQ(back.to_json(), network.to_json());
}

// Before Keras 2.2.3 a Sequential's config was the bare list of its layers.
TEST(Network, ReadsTheListOfOldKeras2) {
  const Json json = Json::parse(
      R"({"class_name": "Sequential", "config": [
            {"class_name": "Dense", "config": {"name": "dense_1", "trainable": true,
             "batch_input_shape": [null, 784], "dtype": "float32", "units": 512,
             "activation": "relu", "use_bias": true}},
            {"class_name": "Dropout", "config": {"name": "dropout_1", "rate": 0.2}}],
          "keras_version": "2.0.4", "backend": "tensorflow"})",
      "old.json");

  const Network network = Network::from_json(json);

  EXPECT_EQ(network.name(), "sequential");
  EXPECT_EQ(network.input_shape(), Shape({784}));
  EXPECT_THAT(names_of(network), ElementsAre("dense_1", "dropout_1"));
}

TEST(Network, RejectsOtherKindsOfModels) {
  const Json json = Json::object({{"class_name", "MyModel"}, {"config", Json::object()}});

  EXPECT_THAT(refusal([&] { Network::from_json(json); }), HasSubstr("'MyModel'"));
}

TEST(Network, RejectsAConfigWithoutLayers) {
  const Json json =
      Json::parse(R"({"class_name": "Sequential", "config": {"name": "m"}})", "m.json");

  EXPECT_THROW(Network::from_json(json), CorruptData);
}

}  // namespace
}  // namespace carnyx
