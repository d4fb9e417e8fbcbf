// What is promised of every network, of one with convolutions, batch normalization, a residual sum,
// dropout and augmentation: bits, batches, statistics.
#include "tests/training/residual_network.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/kernels/isa.h"

namespace carnyx {
namespace {

using testing::ThrowsMessage;

constexpr std::int64_t kResidualSamples = 13;  // a batch of 8 and one of 5
constexpr std::int64_t kSteps = 4;             // in two epochs

struct Ended {
  Outcome states;
  std::vector<Logs> epochs;
  bool operator==(const Ended&) const = default;
};

Ended trained(const ModelOptions& options) {
  Model model = residual_model(options);
  History history = model.fit(small_pictures(kResidualSamples, pad_crop_flip_standardise()),
                              {.batch_size = 8, .epochs = 2});
  return {.states = states_of(model), .epochs = std::move(history.epochs)};
}

void expect_the_same_on_any_threads(ModelOptions options) {
  options.threads = 1;
  const Ended one = trained(options);
  for (const int threads : {2, 7}) {
    options.threads = threads;
    EXPECT_EQ(trained(options), one) << threads << " threads, fused " << options.fuse_updates;
  }
}

TEST(ResidualNetwork, HasTheSameBitsOnAnyNumberOfThreadsOfEveryInstructionSet) {
  for (const kernels::Isa isa : kernels::available_isas()) {
    SCOPED_TRACE(kernels::name_of(isa));
    kernels::select_isa(kernels::name_of(isa));
    for (const auto precision : {PrecisionPolicy::Float32, PrecisionPolicy::MixedBfloat16}) {
      SCOPED_TRACE(name_of(precision));
      for (const bool fuse : {true, false}) {
        expect_the_same_on_any_threads({.precision = precision, .fuse_updates = fuse});
      }
    }
  }
  kernels::select_isa("auto");
}

TEST(ResidualNetwork, MovesBitForBitAlikeInsideAndOutsideOfTheGradients) {
  for (const auto precision : {PrecisionPolicy::Float32, PrecisionPolicy::MixedBfloat16}) {
    const Ended fused = trained({.precision = precision, .threads = 2, .fuse_updates = true});
    EXPECT_EQ(trained({.precision = precision, .threads = 2, .fuse_updates = false}), fused)
        << name_of(precision);
  }
}

TEST(ResidualNetwork, GoesOnWithTheSameBitsAfterFailingAtAnyStep) {
  for (const auto precision : {PrecisionPolicy::Float32, PrecisionPolicy::MixedBfloat16}) {
    const ModelOptions options{.precision = precision, .threads = 2};
    const Outcome wanted = trained(options).states;
    for (std::int64_t step = 1; step <= kSteps; ++step) {
      const TemporaryDirectory directory;
      const Dataset data = small_pictures(kResidualSamples, pad_crop_flip_standardise());
      const FitOptions fit{.batch_size = 8,
                           .epochs = 2,
                           .checkpoint = {.directory = directory.path(), .every_steps = 1}};
      {
        const ScopedFailpoints failpoints("fit.step=eio@" + std::to_string(step));
        EXPECT_THROW(residual_model(options).fit(data, fit), IoError);
      }

      Model resumed = residual_model(options);
      resumed.fit(data, fit);

      EXPECT_EQ(states_of(resumed), wanted) << "died in step " << step;
    }
  }
}

TEST(ResidualNetwork, IsEvaluatedAlikeInBatchesOfAnySize) {
  Model model = residual_model({.threads = 2});
  const Dataset data = small_pictures(kResidualSamples, {.standardise = true});
  model.fit(data, {.batch_size = 8, .epochs = 3});
  const Logs wanted = model.evaluate(data, {.batch_size = kResidualSamples});
  const std::vector<double> outputs =
      numbers_of(model.predict(data, {.batch_size = kResidualSamples}));

  for (const std::int64_t batch_size : {1, 4, 8, 32}) {
    const Logs logs = model.evaluate(data, {.batch_size = batch_size});
    EXPECT_NEAR(logs.at("loss"), wanted.at("loss"), 1e-6) << batch_size;
    EXPECT_EQ(logs.at("accuracy"), wanted.at("accuracy")) << batch_size;
    EXPECT_THAT(numbers_of(model.predict(data, {.batch_size = batch_size})),
                testing::Pointwise(testing::DoubleNear(1e-6), outputs))
        << batch_size;
  }
}

/// The second model's second step is a full batch of as many rows as the first one's short one.
TEST(ResidualNetwork, TrainsOnAShortBatchAsOnAFullOneOfThatSize) {
  for (const bool by_reference : {false, true}) {
    const ModelOptions options{
        .precision = by_reference ? PrecisionPolicy::Float64 : PrecisionPolicy::Float32,
        .backend = by_reference ? Backend::Reference : Backend::Cpu,
        .threads = 2};
    const Dataset data = small_pictures(kResidualSamples);
    Model whole = residual_model(options);
    whole.fit(data, {.batch_size = 8, .shuffle = false});
    Model in_parts = residual_model(options);
    in_parts.fit(data.slice(0, 8), {.batch_size = 8, .shuffle = false});
    in_parts.fit(data.slice(8, kResidualSamples - 8),
                 {.batch_size = kResidualSamples - 8, .shuffle = false});

    expect_close(states_of(whole), states_of(in_parts), by_reference ? 1e-11 : 1e-5);
  }
}

/// What the moving variance of the first channels is after four steps.
std::vector<double> moving_variance(double momentum, const ModelOptions& options) {
  Model model(Network({BatchNormalization({.momentum = momentum, .input_shape = {{10, 9, 3}}}),
                       Flatten({}),
                       Dense({.units = 5, .activation = Activation::Softmax})}),
              options);
  model.compile(residual_training());
  model.fit(small_pictures(kResidualSamples), {.batch_size = 8, .epochs = 2});
  return numbers_of(model.weight("batch_normalization/moving_variance"));
}

/// A bfloat16 has steps of 2^-8 about 1: one that is moved by a thousandth would stay there.
TEST(ResidualNetwork, KeepsMovingStatisticsInFloat32InMixedPrecision) {
  for (const double momentum : {0.999, 0.5}) {
    const std::vector<double> wanted = moving_variance(momentum, {.threads = 1});
    EXPECT_LT(wanted[0], 0.9975);
    for (const Backend backend : {Backend::Cpu, Backend::Reference}) {
      const std::vector<double> mixed = moving_variance(
          momentum,
          {.precision = PrecisionPolicy::MixedBfloat16, .backend = backend, .threads = 1});
      EXPECT_THAT(mixed, testing::Pointwise(testing::DoubleNear(5e-5), wanted)) << momentum;
    }
  }
}

}  // namespace
}  // namespace carnyx
