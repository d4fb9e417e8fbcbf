// Images that are changed while a batch is put together: in training alone, the same whatever
// threads, replicas, resumes and streams do.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/sample_stream.h"
#include "carnyx/data/synthetic_pictures.h"
#include "carnyx/data/write_data.h"

#include "tests/training/recorder.h"
#include "tests/training/step_runs.h"
#include "training/image_source.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const Augmentation kOfResNet = {.pad = 4, .flip_horizontal = true, .standardise = true};
constexpr std::int64_t kSamples = 44;  // two batches of 16, the last of 12
constexpr double kStill = 1e-30;       // a learning rate that moves no float32

Dataset pictures(const Augmentation& augmentation = {}) {
  Dataset data = datasets::synthetic_pictures({.train = kSamples, .test = 0}).train;
  data.augmentation = augmentation;
  return data;
}

/// A linear model; at kStill its losses tell its inputs apart and nothing else.
Model linear(double learning_rate, int threads = 2) {
  Model model(Network({Flatten({.input_shape = {{32, 32, 3}}}),
                       Dense({.units = 10, .activation = Activation::Softmax})}),
              {.seed = 3, .threads = threads});
  model.compile({.optimizer = SGD({.learning_rate = learning_rate}),
                 .loss = SparseCategoricalCrossentropy({}),
                 .metrics = {Accuracy({})}});
  return model;
}

std::vector<double> losses(Model& model, const Dataset& data, std::int64_t epochs = 3) {
  std::vector<double> all;
  for (const Logs& logs : model.fit(data, {.batch_size = 16, .epochs = epochs}).epochs) {
    all.push_back(logs.at("loss"));
  }
  return all;
}

std::vector<double> kernel(Model& model) {
  return numbers_of(model.weight("dense/kernel"));
}

TEST(Augmentation, ShowsOtherImagesInEachEpoch) {
  Model plain = linear(kStill);
  Model augmented = linear(kStill);

  const std::vector<double> same = losses(plain, pictures());
  const std::vector<double> other = losses(augmented, pictures({.pad = 4}));

  EXPECT_NEAR(same[0], same[1], 1e-5);
  EXPECT_GT(std::abs(other[0] - other[1]), 1e-4);
  EXPECT_GT(std::abs(other[1] - other[2]), 1e-4);
}

TEST(Augmentation, GivesTheSameBitsOnAnyNumberOfThreads) {
  Model one = linear(0.05, 1);
  Model three = linear(0.05, 3);

  EXPECT_EQ(losses(one, pictures(kOfResNet)), losses(three, pictures(kOfResNet)));
  EXPECT_EQ(kernel(one), kernel(three));
}

TEST(Augmentation, GoesOnAfterAnInterruptionWithTheSameBits) {
  const auto options = [](const CheckpointPolicy& policy, std::int64_t throw_after) {
    return FitOptions{.batch_size = 16,
                      .epochs = 3,
                      .callbacks = {std::make_shared<Recorder>(1, throw_after)},
                      .checkpoint = policy};
  };
  Model whole = linear(0.05);
  whole.fit(pictures(kOfResNet), options({}, -1));
  for (const std::int64_t step : {1, 4, 6}) {
    const TemporaryDirectory directory;
    const CheckpointPolicy policy{.directory = directory.path(), .every_steps = 1};
    Model interrupted = linear(0.05);
    ASSERT_THROW(interrupted.fit(pictures(kOfResNet), options(policy, step)), Interruption);

    Model resumed = linear(0.05);
    resumed.fit(pictures(kOfResNet), options(policy, -1));

    EXPECT_EQ(kernel(resumed), kernel(whole)) << step;
  }
}

TEST(Augmentation, IsPartOfWhatARunIs) {
  const TemporaryDirectory directory;
  const FitOptions options{
      .batch_size = 16, .epochs = 1, .checkpoint = {.directory = directory.path()}};
  Model first = linear(0.05);
  first.fit(pictures(kOfResNet), options);
  Model second = linear(0.05);

  EXPECT_THAT([&] { second.fit(pictures({.pad = 2}), options); },
              ThrowsMessage<InvalidArgument>(HasSubstr("it belongs to a run with augmentation")));
}

TEST(Augmentation, IsLeftOutOfEvaluationAndPredictionButForStandardising) {
  Model model = linear(0.05);
  model.fit(pictures(), {.batch_size = 16, .epochs = 1});
  Augmentation random = kOfResNet;
  random.standardise = false;
  random.cutout = 8;

  EXPECT_EQ(model.evaluate(pictures(random)).at("loss"), model.evaluate(pictures()).at("loss"));
  EXPECT_EQ(numbers_of(model.predict(pictures(kOfResNet))),
            numbers_of(model.predict(pictures({.standardise = true}))));
  EXPECT_NE(numbers_of(model.predict(pictures(kOfResNet))), numbers_of(model.predict(pictures())));
}

TEST(Augmentation, StandardisesRawBytesAsTheResNetProgramDoes) {
  Dataset raw = pictures({.standardise = true});
  raw.divisor = 1;
  Dataset by_hand = raw.slice(0, kSamples);
  by_hand.augmentation = {};
  by_hand.x = Tensor(DType::Float32, raw.x.shape());
  for (std::int64_t n = 0; n < kSamples; ++n) {
    double mean = 0;
    double squares = 0;
    for (std::int64_t i = 0; i < 3072; ++i) mean += raw.x.at(n * 3072 + i) / 3072;
    for (std::int64_t i = 0; i < 3072; ++i) {
      squares += std::pow(raw.x.at(n * 3072 + i) - mean, 2) / 3072;
    }
    for (std::int64_t i = 0; i < 3072; ++i) {
      by_hand.x.data<float>()[static_cast<std::size_t>(n * 3072 + i)] =
          static_cast<float>((raw.x.at(n * 3072 + i) - mean) / std::sqrt(squares));
    }
  }
  Model model = linear(kStill);

  EXPECT_NEAR(model.evaluate(raw).at("loss"), model.evaluate(by_hand).at("loss"), 1e-5);
}

TEST(Augmentation, IsNotDrawnForTheSplitThatIsValidatedOn) {
  Model plain = linear(kStill);
  Model augmented = linear(kStill);
  const FitOptions options{.batch_size = 16, .epochs = 1, .validation_split = 0.25};

  const Logs same = plain.fit(pictures(), options).epochs[0];
  const Logs other = augmented.fit(pictures({.pad = 4, .cutout = 9}), options).epochs[0];

  EXPECT_EQ(same.at("val_loss"), other.at("val_loss"));
  EXPECT_NE(same.at("loss"), other.at("loss"));
}

TEST(Augmentation, OfAStreamIsDrawnEachEpochAndTheSameEachTime) {
  const TemporaryDirectory folder;
  const Dataset data = pictures();
  write_data(folder / "set", {.train = data, .test = data}, {.format = DataFormat::Cifar});
  const SampleStream stream = open_stream(folder / "set", {.buffer_samples = 36});
  const auto fitted = [&](const SampleStream& samples, int threads) {
    Model model = linear(kStill, threads);
    std::vector<double> all;
    for (const Logs& logs : model.fit(samples, {.batch_size = 16, .epochs = 3}).epochs) {
      all.push_back(logs.at("loss"));
    }
    return all;
  };

  const std::vector<double> plain = fitted(stream, 2);
  const std::vector<double> augmented = fitted(stream.with_augmentation({.pad = 4}), 2);

  EXPECT_NEAR(plain[0], plain[1], 1e-5);
  EXPECT_GT(std::abs(augmented[0] - augmented[1]), 1e-4);
  EXPECT_EQ(fitted(stream.with_augmentation({.pad = 4}), 1), augmented);
}

TEST(Augmentation, RunsByReferenceAsByItsKernel) {
  const auto loss = [](const ModelOptions& options) {
    Model model(Network({Flatten({.input_shape = {{32, 32, 3}}}),
                         Dense({.units = 10, .activation = Activation::Softmax})}),
                options);
    model.compile(
        {.optimizer = SGD({.learning_rate = 0.01}), .loss = SparseCategoricalCrossentropy({})});
    Dataset data = pictures(kOfResNet).slice(0, 8);
    return model.fit(data, {.batch_size = 8, .epochs = 2}).epochs.back().at("loss");
  };

  EXPECT_NEAR(
      loss({.seed = 3}),
      loss({.seed = 3, .precision = PrecisionPolicy::Float64, .backend = Backend::Reference}),
      1e-4);
  EXPECT_NEAR(
      loss({.seed = 3}), loss({.seed = 3, .precision = PrecisionPolicy::MixedBfloat16}), 5e-2);
}

TEST(Augmentation, RefusesSamplesThatAreNoImages) {
  Model model = linear(0.05);
  Dataset flat = pictures().with_sample_shape({3072});
  flat.augmentation = {.pad = 4};

  EXPECT_THAT([&] { model.fit(flat); },
              ThrowsMessage<InvalidArgument>(HasSubstr(
                  "augmentation: expected images (height, width) or (height, width, channels)")));
}

TEST(ImageSource, MovesByWholePixelsOfTheImage) {
  const Dataset data = pictures({.height_factor = 0.1, .width_factor = 0.25});

  const InputSource source = image_source(data, Mode::Training);

  EXPECT_EQ(source.change->top.most, 3);
  EXPECT_EQ(source.change->left.least, -8);
  EXPECT_FALSE(image_source(data, Mode::Inference).change);
}

TEST(SyntheticPictures, AreNoTaskForALinearModel) {
  const TrainTest few = datasets::synthetic_pictures({.train = 1'000, .test = 400});
  Model model = linear(0.02);
  model.fit(few.train, {.batch_size = 50, .epochs = 4});

  EXPECT_LT(model.evaluate(few.test).at("accuracy"), 0.25);
}

}  // namespace
}  // namespace carnyx
