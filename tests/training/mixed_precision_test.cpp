// Losses and metrics are float32 whatever the policy, as Keras casts what they get.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/losses/crossentropy.h"
#include "carnyx/losses/regression.h"
#include "carnyx/metrics/accuracy.h"
#include "carnyx/optimizers/optimizers.h"

#include "tests/training/step_runs.h"

namespace carnyx {
namespace {

constexpr std::int64_t kMixedSamples = 40;

/// A layer whose outputs are `biases`, whatever it reads.
Model constant_model(const std::vector<float>& biases, Activation activation, CompileOptions how) {
  const auto units = static_cast<std::int64_t>(biases.size());
  Model model(Network({Dense({.units = units,
                              .activation = activation,
                              .kernel_initializer = Zeros(),
                              .input_shape = {{6}}}),
                       Reshape({.target_shape = {units}})}),
              {.precision = PrecisionPolicy::MixedBfloat16, .threads = 1});
  model.compile(std::move(how));
  Tensor bias(DType::Float32, {units});
  std::copy(biases.begin(), biases.end(), bias.data<float>().begin());
  model.set_weight("dense/bias", bias);
  return model;
}

Dataset with_target(float target, std::int64_t columns = 1) {
  Dataset data = blobs(kMixedSamples, 6, 3);
  data.y = Tensor(DType::Float32, {kMixedSamples, columns});
  std::ranges::fill(data.y.data<float>(), target);
  data.classes = 0;
  return data;
}

TEST(MixedPrecision, ComparesTargetsAsTheyAre) {
  constexpr float kTarget = 2011.3F;  // 2016 in bfloat16
  Model model =
      constant_model({0}, Activation::Linear, {.optimizer = SGD({}), .loss = MeanSquaredError({})});

  const double loss = model.evaluate(with_target(kTarget)).at("loss");

  EXPECT_NEAR(loss / (double{kTarget} * double{kTarget}), 1, 1e-6);
}

TEST(MixedPrecision, KeepsLogarithmsOfNearlySureOutputsFinite) {
  for (const float target : {0.0F, 1.0F}) {
    Model model = constant_model({12, 0},  // 1 and 6e-6: in bfloat16 the first is 1
                                 Activation::Softmax,
                                 {.optimizer = SGD({}), .loss = BinaryCrossentropy({})});

    const History history = model.fit(with_target(target, 2), {.batch_size = 8, .epochs = 1});

    EXPECT_TRUE(std::isfinite(history.epochs[0].at("loss"))) << target;
    EXPECT_TRUE(std::isfinite(model.weight("dense/bias").at(0))) << target;
  }
}

TEST(MixedPrecision, WeighsSamplesByWhatTheyWeigh) {
  Dataset data = blobs(kMixedSamples, 6, 3);
  std::ranges::fill(data.y.data<std::uint8_t>(), std::uint8_t{1});
  data.sample_weight = Tensor(DType::Float32, {kMixedSamples});
  std::ranges::fill(data.sample_weight.data<float>(), 0.1F);
  Model model = constant_model({0, 4, 0},
                               Activation::Softmax,
                               {.optimizer = SGD({}),
                                .loss = SparseCategoricalCrossentropy({}),
                                .weighted_metrics = {Accuracy({})}});
  for (const std::int64_t batch : {10, 16}) {
    EXPECT_NEAR(model.evaluate(data, {.batch_size = batch}).at("accuracy"), 1, 1e-6) << batch;
  }
}

}  // namespace
}  // namespace carnyx
