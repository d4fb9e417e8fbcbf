// Batch normalization on replicas: each goes by its own rows, and all have the same moving
// statistics.
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/temporary_directory.h"
#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/batch_normalization.h"
#include "carnyx/layers/convolution.h"

#include "tests/training/recorder.h"
#include "tests/training/trained_together.h"

namespace carnyx {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::HasSubstr;
using testing::Pointwise;

std::vector<AnyLayer> image_layers() {
  return {Conv2D({.filters = 5,
                  .kernel_size = {2, 2},
                  .padding = Padding::Same,
                  .use_bias = false,
                  .kernel_regularizer = L2({.l2 = 1e-3}),
                  .input_shape = {{2, 3, 1}}}),
          BatchNormalization({.momentum = 0.8}),
          ReLU({}),
          Dropout({.rate = 0.25}),
          Flatten({}),
          Dense({.units = 3, .activation = Activation::Softmax})};
}

Dataset images(std::int64_t samples) {
  return blobs(samples, 6, 3).with_sample_shape({2, 3, 1});
}

void expect_equal_and_finite(const std::vector<Trained>& results) {
  for (const Trained& result : results) {
    EXPECT_EQ(result.states, results[0].states);
    EXPECT_EQ(result.history.epochs, results[0].history.epochs);
  }
  for (const auto& [name, values] : results[0].states) {
    for (const double value : values) ASSERT_TRUE(std::isfinite(value)) << name;
  }
}

/// 40 samples are whole batches, of 41 the last one is one row, and one replica's alone.
TEST(BatchNormReplicas, EndWithTheSameStatisticsAndWeights) {
  for (const int size : {2, 3}) {
    for (const std::int64_t samples : {40, 41, 46}) {
      const FitOptions options{.batch_size = 8, .epochs = 2};
      const auto results = train_together(size, images(samples), options, image_layers());
      SCOPED_TRACE(testing::Message() << size << " replicas, " << samples << " samples");
      expect_equal_and_finite(results);
      const auto again = train_together(size, images(samples), options, image_layers());
      EXPECT_EQ(again[0].states, results[0].states);
    }
  }
}

/// Mean and variance of one column of rows [first, first + count).
struct Moments {
  double mean = 0;
  double variance = 0;
};
Moments moments_of(const Dataset& data, std::int64_t first, std::int64_t count) {
  const auto at = [&](std::int64_t row) { return data.x.at(row * 6); };
  const double share = 1 / static_cast<double>(count);
  Moments moments;
  for (std::int64_t i = first; i < first + count; ++i) moments.mean += at(i) * share;
  for (std::int64_t i = first; i < first + count; ++i) {
    moments.variance += std::pow(at(i) - moments.mean, 2) * share;
  }
  return moments;
}

/// One batch of seven rows: four are the first replica's, three the second's.
TEST(BatchNormReplicas, MoveTowardsTheMeanOfTheirBatchesByTheirRows) {
  const Dataset data = blobs(7, 6, 3);
  const std::vector<AnyLayer> layers = {
      BatchNormalization({.momentum = 0.75, .input_shape = {{6}}}),
      Dense({.units = 3, .activation = Activation::Softmax})};

  const auto results =
      train_together(2, data, {.batch_size = 7, .epochs = 1, .shuffle = false}, layers);

  const Moments first = moments_of(data, 0, 4);
  const Moments second = moments_of(data, 4, 3);
  const double mean = 0.25 * (first.mean * 4 + second.mean * 3) / 7;
  const double variance = 0.75 + 0.25 * (first.variance * 4 + second.variance * 3) / 7;
  for (const Trained& result : results) {
    EXPECT_NEAR(result.states.at("batch_normalization/moving_mean")[0], mean, 1e-6);
    EXPECT_NEAR(result.states.at("batch_normalization/moving_variance")[0], variance, 1e-6);
  }
}

TEST(BatchNormReplicas, HaveTheMeansThatOneProcessHas) {
  const Dataset data = blobs(50, 6, 3);
  const std::vector<AnyLayer> layers = {
      BatchNormalization({.momentum = 0.75, .input_shape = {{6}}}),
      Dense({.units = 3, .activation = Activation::Softmax})};
  const FitOptions options{.batch_size = 8, .epochs = 2};
  Model alone = make_model(layers);
  const Trained wanted = outcome_of(alone, alone.fit(data, options));

  const auto results = train_together(3, data, options, layers);

  EXPECT_THAT(results[0].states.at("batch_normalization/moving_mean"),
              Pointwise(DoubleNear(1e-6), wanted.states.at("batch_normalization/moving_mean")));
}

TEST(BatchNormReplicas, RefuseToSynchronizeTheirBatches) {
  const std::vector<AnyLayer> layers = {
      BatchNormalization({.synchronized = true, .input_shape = {{6}}, .name = "norm"}),
      Dense({.units = 3, .activation = Activation::Softmax})};
  make_model(layers).fit(blobs(8, 6, 3));  // alone it is no matter

  const auto errors = run_together(2, [&](Replicas& replicas) {
    make_model(layers).fit(blobs(8, 6, 3), {.replicas = &replicas});
  });

  EXPECT_THAT(errors, Each(HasSubstr("norm is synchronized")));
}

TEST(BatchNormReplicas, GoOnInTheMiddleOfAnEpochAsIfTheyHadNeverLeft) {
  const TemporaryDirectory directory;
  FitOptions options{.batch_size = 8, .epochs = 3};
  const auto wanted = train_together(3, images(41), options, image_layers());
  options.checkpoint = {.directory = directory.path(), .every_steps = 2};
  const auto only_the_first_saves = [](FitOptions& own, int rank) {
    if (rank != 0) own.checkpoint = {};
  };
  const auto errors = run_together(3, [&](Replicas& replicas) {
    StopFlag asked;
    FitOptions own = options;
    own.replicas = &replicas;
    own.stop = &asked;
    only_the_first_saves(own, replicas.rank());
    if (replicas.rank() == 2) own.callbacks = {std::make_shared<StopAfter>(asked, 9)};
    make_model(image_layers()).fit(images(41), own);
  });
  ASSERT_THAT(errors, Each(HasSubstr("stopped after step")));

  const auto resumed = train_together(3, images(41), options, image_layers(), only_the_first_saves);

  for (std::size_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(resumed[rank].states, wanted[rank].states);
    EXPECT_EQ(resumed[rank].history.epochs, wanted[rank].history.epochs);
  }
}

}  // namespace
}  // namespace carnyx
