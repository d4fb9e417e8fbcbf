// Every layer that files can name, under one contract; see tests/contracts/layer_contract.h.
#include "tests/contracts/layer_contract.h"

#include <algorithm>
#include <vector>

#include "carnyx/layers/activity_regularization.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/gaussian_noise.h"
#include "carnyx/layers/layer_normalization.h"
#include "carnyx/layers/merging.h"
#include "carnyx/layers/normalization.h"
#include "carnyx/layers/random_crop.h"
#include "carnyx/layers/random_flip.h"
#include "carnyx/layers/random_translation.h"
#include "carnyx/layers/rescaling.h"

#include "tests/layers/image_layer_cases.h"

namespace carnyx {
namespace {

using contracts::LayerCase;

std::vector<LayerCase> core_cases() {
  return {
      {"input", Input({.shape = {5}})},
      {"dense", Dense({.units = 4, .activation = Activation::Tanh})},
      {"dense_regularized",
       Dense({.units = 4,
              .use_bias = false,
              .kernel_regularizer = L2({0.1}),
              .activity_regularizer = L1L2({.l1 = 0.2, .l2 = 0.1})})},
      {"activation", ActivationLayer({.activation = Activation::Gelu})},
      {"dropout", Dropout({.rate = 0.4, .seed = 7})},
      {"flatten", Flatten({}), {2, 3}},
      {"reshape", Reshape({.target_shape = {3, -1}}), {2, 3}},
  };
}

std::vector<LayerCase> preprocessing_cases() {
  return {
      {"gaussian_noise", GaussianNoise({.stddev = 0.5, .seed = 3}), {37}},
      {"gaussian_noise_rank3", GaussianNoise({.stddev = 0.5}), {2, 3}},
      {"rescaling", Rescaling({.scale = 0.25, .offset = -1})},
      {"rescaling_channels", Rescaling({.scale = {1, 2, 0.5}, .offset = {0, 1, -1}}), {2, 3}},
      {"rescaling_rows", Rescaling({.scale = NumberArray({2, 1}, {3, 0.5})}), {2, 3}},
      {"normalization", Normalization({})},
      {"normalization_one", Normalization({.axis = {}}), {2, 3}},
      {"normalization_rows", Normalization({.axis = {1}}), {2, 3}},
      {"normalization_places", Normalization({.axis = {-1, 1}}), {2, 3}},
      {"normalization_inverted", Normalization({.invert = true})},
      {"normalization_given",
       Normalization({.mean = {{1, 2, 3}}, .variance = {{0.5, 1, 2}}}),
       {2, 3}},
      {"normalization_given_one",
       Normalization({.axis = {}, .mean = 1.5, .variance = 0.5, .invert = true}),
       {2, 3}},
      {"activity_regularization", ActivityRegularization({.l1 = 0.5, .l2 = 0.25})},
      {"activity_regularization_rank3", ActivityRegularization({.l2 = 0.25}), {2, 3}},
  };
}

std::vector<LayerCase> layer_normalization_cases() {
  return {
      {"layer_normalization", LayerNormalization({})},
      {"layer_normalization_wide", LayerNormalization({.epsilon = 1e-5}), {37}},
      {"layer_normalization_plain", LayerNormalization({.center = false, .scale = false})},
      {"layer_normalization_scaled", LayerNormalization({.center = false})},
      {"layer_normalization_shifted", LayerNormalization({.scale = false}), {2, 3}},
      {"layer_normalization_rms", LayerNormalization({.rms_scaling = true}), {2, 3}},
      {"layer_normalization_all", LayerNormalization({.axis = {1, 2}}), {2, 3}},
      {"layer_normalization_first", LayerNormalization({.axis = {1}}), {2, 3}},
      {"layer_normalization_first_rms",
       LayerNormalization({.axis = {1}, .rms_scaling = true}),
       {2, 3}},
      {"layer_normalization_regularized",
       LayerNormalization({.beta_regularizer = L1({0.5}),
                           .gamma_regularizer = L2({0.5}),
                           .beta_constraint = NonNeg(),
                           .gamma_constraint = MaxNorm({.max_value = 1})})},
  };
}

std::vector<LayerCase> merging_cases() {
  return {
      {"add", Add(), {5}, {{5}, {5}}},
      {"add_one", Add(), {2, 3}},
      {"add_stretched", Add(), {2, 1, 3}, {{1, 4, 3}}},
      {"add_of_ranks", Add(), {3}, {{2, 3}, {4, 2, 1}}},
      {"subtract", Subtract(), {2, 3}, {{2, 3}}},
      {"multiply", Multiply(), {5}, {{1}, {5}}},
      {"average", Average(), {5}, {{5}, {5}, {5}}},
      {"maximum", Maximum(), {37}, {{37}, {37}}},
      {"minimum", Minimum(), {2, 3}, {{3}}},
      {"concatenate", Concatenate(), {5}, {{3}, {37}}},
      {"concatenate_one", Concatenate(), {5}},
      {"concatenate_rows", Concatenate({.axis = 1}), {2, 3}, {{4, 3}}},
      {"concatenate_inner", Concatenate({.axis = -2}), {2, 1, 3}, {{2, 2, 3}}},
  };
}

std::vector<LayerCase> image_cases() {
  const Shape image = {4, 5, 3};
  return {
      {"random_flip", RandomFlip({.seed = 3}), image},
      {"random_flip_horizontal", RandomFlip({.mode = FlipMode::Horizontal}), image},
      {"random_flip_vertical", RandomFlip({.mode = FlipMode::Vertical}), {3, 2, 1}},
      {"random_crop", RandomCrop({.height = 3, .width = 2, .seed = 1}), image},
      {"random_crop_of_one_side", RandomCrop({.height = 4, .width = 3}), image},
      {"random_crop_of_nothing", RandomCrop({.height = 4, .width = 5}), image},
      {"random_translation", RandomTranslation({.height_factor = 0.5, .width_factor = 0.3}), image},
      {"random_translation_nearest",
       RandomTranslation({.height_factor = {-0.2, 0.6},
                          .width_factor = 1,
                          .fill_mode = FillMode::Nearest,
                          .interpolation = Interpolation::Nearest,
                          .seed = 5}),
       image},
      {"random_translation_constant",
       RandomTranslation({.height_factor = {0.5, 0.5},
                          .width_factor = 0.5,
                          .fill_mode = FillMode::Constant,
                          .fill_value = 0.5}),
       image},
  };
}

class LayerContract : public testing::TestWithParam<LayerCase> {};

TEST_P(LayerContract, HasTheGradientThatDifferencesShow) {
  contracts::expect_layer_gradients(GetParam());
}

TEST_P(LayerContract, IsComputedByKernelsAsByItsReference) {
  for (const Mode mode : {Mode::Training, Mode::Inference}) {
    for (const std::int64_t rows : {1, 3, 40}) {
      contracts::expect_layer_near_reference(
          GetParam(),
          {.mode = mode, .rows = rows, .backend = Backend::Cpu, .dtype = DType::Float32},
          2e-5);
    }
  }
}

TEST_P(LayerContract, StaysNearItselfInMixedPrecision) {
  if (GetParam().leaps) GTEST_SKIP() << "bfloat16 makes equal what is not";
  contracts::expect_layer_near_reference(
      GetParam(), {.rows = 8, .backend = Backend::Cpu, .dtype = DType::Bfloat16}, 3e-2);
}

TEST_P(LayerContract, GivesTheSameBitsOnAnyNumberOfThreads) {
  contracts::expect_same_bits(
      GetParam(),
      {.rows = 70, .backend = Backend::Cpu, .dtype = DType::Float32, .threads = 1},
      {.rows = 70, .backend = Backend::Cpu, .dtype = DType::Float32, .threads = 3});
}

TEST_P(LayerContract, IsBroughtBackByItsConfig) {
  contracts::expect_config_to_bring_it_back(GetParam());
}

TEST_P(LayerContract, RunsWithoutRows) {
  contracts::expect_to_run_without_rows(GetParam());
}

std::string name_of_case(const testing::TestParamInfo<LayerCase>& test) {
  return test.param.name;
}
INSTANTIATE_TEST_SUITE_P(Core, LayerContract, testing::ValuesIn(core_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Preprocessing,
                         LayerContract,
                         testing::ValuesIn(preprocessing_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Images, LayerContract, testing::ValuesIn(image_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(LayerNormalization,
                         LayerContract,
                         testing::ValuesIn(layer_normalization_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Convolution,
                         LayerContract,
                         testing::ValuesIn(convolution_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Pooling, LayerContract, testing::ValuesIn(pooling_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(BatchNormalization,
                         LayerContract,
                         testing::ValuesIn(batch_normalization_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Merging, LayerContract, testing::ValuesIn(merging_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(ImageShapes,
                         LayerContract,
                         testing::ValuesIn(image_shape_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(ActivationLayers,
                         LayerContract,
                         testing::ValuesIn(activation_layer_cases()),
                         name_of_case);

TEST(Layers, AreAllUnderTheContract) {
  std::vector<std::string> tested;
  for (const auto& cases : {core_cases(),
                            preprocessing_cases(),
                            image_cases(),
                            layer_normalization_cases(),
                            merging_cases(),
                            convolution_cases(),
                            pooling_cases(),
                            batch_normalization_cases(),
                            image_shape_cases(),
                            activation_layer_cases()}) {
    for (const LayerCase& c : cases) tested.push_back(c.layer->class_name());
  }
  for (const std::string_view name : known_layers()) {
    EXPECT_TRUE(std::ranges::find(tested, name) != tested.end()) << name;
  }
}

}  // namespace
}  // namespace carnyx
