#include "carnyx/data/dataset.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/data/message.h"

namespace carnyx {
namespace {

Dataset three_samples() {
  constexpr std::array<std::uint8_t, 12> kPixels = {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23};
  constexpr std::array<std::int32_t, 3> kLabels = {2, 0, 1};
  return {.x = Tensor::from<std::uint8_t>({3, 2, 2}, kPixels),
          .y = Tensor::from<std::int32_t>({3}, kLabels),
          .divisor = 255,
          .classes = 3,
          .name = "three"};
}

std::string complaint(const Dataset& dataset) {
  return message_of<InvalidArgument>([&] { validate(dataset); });
}

TEST(Dataset, SlicesItsWeightsToo) {
  Dataset data = three_samples();
  data.sample_weight = Tensor::from<float>({3}, std::array<float, 3>{1, 2, 3});

  const Dataset part = data.slice(1, 2);

  EXPECT_EQ(part.sample_weight.at(0), 2);
  EXPECT_EQ(part.sample_weight.at(1), 3);
}

TEST(Dataset, WeighsASampleByItsClassAndOneWhereNoneIsGiven) {
  const Dataset labels = with_class_weight(three_samples(), {{2, 0.5}, {1, 4}});
  EXPECT_EQ(labels.sample_weight.at(0), 0.5);
  EXPECT_EQ(labels.sample_weight.at(1), 1);
  EXPECT_EQ(labels.sample_weight.at(2), 4);

  Dataset one_hot = three_samples();
  one_hot.y = Tensor::from<float>({3, 2}, std::array<float, 6>{0.2F, 0.8F, 0.5F, 0.5F, 1, 0});
  const Dataset weighted = with_class_weight(one_hot, {{1, 7}});
  EXPECT_EQ(weighted.sample_weight.at(0), 7);
  EXPECT_EQ(weighted.sample_weight.at(1), 1);
}

TEST(Dataset, RefusesWeightsThatDoNotFit) {
  Dataset data = three_samples();
  data.sample_weight = Tensor(DType::Float32, {2});
  EXPECT_TRUE(contains(complaint(data), "sample_weight must be float32 (3,)"));
  data.sample_weight = Tensor::from<float>({3}, std::array<float, 3>{1, NAN, 1});
  EXPECT_TRUE(contains(complaint(data), "at sample 1"));
  EXPECT_TRUE(contains(message_of<InvalidArgument>([&] {
                         with_class_weight(data, {{0, 2}});
                       }),
                       "not both"));
  EXPECT_TRUE(contains(message_of<InvalidArgument>([&] {
                         with_class_weight(three_samples(), {{0, NAN}});
                       }),
                       "class 0"));
}

TEST(Dataset, SlicesImagesAndLabelsTogether) {
  const Dataset part = three_samples().slice(1, 2);

  EXPECT_EQ(part.samples(), 2);
  EXPECT_EQ(part.x.shape(), (Shape{2, 2, 2}));
  EXPECT_EQ(part.x.at(0), 10);
  EXPECT_EQ(part.x.at(7), 23);
  EXPECT_EQ(part.y.at(0), 0);
  EXPECT_EQ(part.y.at(1), 1);
  EXPECT_EQ(part.classes, 3);
}

TEST(Dataset, SlicesToNothing) {
  EXPECT_EQ(three_samples().slice(3, 0).samples(), 0);
}

TEST(Dataset, RefusesASliceBeyondItsSamples) {
  const Dataset dataset = three_samples();

  EXPECT_THROW((void)dataset.slice(2, 2), InvalidArgument);
  EXPECT_THROW((void)dataset.slice(-1, 1), InvalidArgument);
  EXPECT_THROW((void)dataset.slice(0, -1), InvalidArgument);
}

TEST(Dataset, SeesTheSameStorageUnderAnotherSampleShape) {
  const Dataset dataset = three_samples();

  const Dataset flat = dataset.with_sample_shape({4});

  EXPECT_EQ(flat.x.shape(), (Shape{3, 4}));
  EXPECT_EQ(flat.sample_shape(), Shape{4});
  EXPECT_EQ(flat.x.bytes(), dataset.x.bytes());
}

TEST(Dataset, RefusesASampleShapeOfAnotherSize) {
  const Dataset dataset = three_samples();

  EXPECT_THROW((void)dataset.with_sample_shape({5}), InvalidArgument);
  EXPECT_THROW((void)dataset.with_sample_shape({-2, -2}), InvalidArgument);
}

TEST(Dataset, MergesAndSplitsTheAxesOfSamplesButMovesNone) {
  const Dataset images{.x = Tensor(DType::Uint8, {2, 4, 4, 3}), .y = {}, .name = "images"};

  for (const Shape& shape : {Shape({48}), Shape({16, 3}), Shape({4, 12}), Shape({2, 2, 4, 3, 1})}) {
    EXPECT_EQ(images.with_sample_shape(shape).sample_shape(), shape);
  }
  EXPECT_EQ(message_of<InvalidArgument>([&] {
              (void)images.with_sample_shape({3, 4, 4});
            }),
            "images: a sample of shape (4, 4, 3) can't be seen as (3, 4, 4), which would mix its "
            "axes; for channels first, begin the model with an input of (4, 4, 3) and "
            "Permute({3, 1, 2})");
  EXPECT_THROW((void)images.with_sample_shape({6, 8}), InvalidArgument);
}

TEST(Dataset, IsValidAsBuilt) {
  EXPECT_NO_THROW(validate(three_samples()));
}

TEST(Dataset, NamesALabelOutOfRange) {
  Dataset dataset = three_samples();
  dataset.y.data<std::int32_t>()[1] = 3;
  EXPECT_EQ(complaint(dataset), "three: labels must be in [0, 3), got 3 at sample 1");

  dataset.y.data<std::int32_t>()[1] = -1;
  EXPECT_EQ(complaint(dataset), "three: labels must be in [0, 3), got -1 at sample 1");
}

TEST(Dataset, RefusesWhatFitCannotRead) {
  Dataset fewer_labels = three_samples();
  fewer_labels.y = Tensor(DType::Int32, {2});
  EXPECT_TRUE(contains(complaint(fewer_labels), "one row a sample"));

  Dataset wide = three_samples();
  wide.x = Tensor(DType::Float64, {3, 2});
  EXPECT_TRUE(contains(complaint(wide), "got float64"));

  Dataset column = three_samples();
  column.y = Tensor(DType::Int32, {3, 1});
  EXPECT_TRUE(contains(complaint(column), "(3, 1)"));

  Dataset targets = three_samples();
  targets.classes = 0;
  EXPECT_TRUE(contains(complaint(targets), "`classes`"));

  Dataset scaled = three_samples();
  scaled.divisor = 0;
  EXPECT_TRUE(contains(complaint(scaled), "divisor"));
  EXPECT_TRUE(contains(complaint(Dataset{}), "one row a sample"));
}

TEST(ValidationSplit, IsTheLastFractionAsInKeras) {
  EXPECT_EQ(validation_start(60'000, 0.2), 48'000);
  EXPECT_EQ(validation_start(10, 0.25), 7);  // floor(7.5)
  EXPECT_EQ(validation_start(10, 0.3), 7);   // floor(10 * 0.7)
  EXPECT_EQ(validation_start(100, 0.1), 90);
}

TEST(ValidationSplit, RefusesAnEmptyPart) {
  EXPECT_THROW(validation_start(1, 0.5), InvalidArgument);
  EXPECT_THROW(validation_start(0, 0.5), InvalidArgument);
  EXPECT_THROW(validation_start(10, 0), InvalidArgument);
  EXPECT_THROW(validation_start(10, 1), InvalidArgument);
  EXPECT_THROW(validation_start(10, std::nan("")), InvalidArgument);
}

TEST(Augmentation, RefusesNumbersOutOfRange) {
  const auto refusal = [](const Augmentation& augmentation, const Shape& sample = {8, 8, 3}) {
    return message_of<InvalidArgument>([&] { validate(augmentation, sample, "pictures"); });
  };

  EXPECT_EQ(refusal({.pad = -1}), "pictures: augmentation: pad must be in [0, 16384], got -1");
  EXPECT_EQ(refusal({.height_factor = 1.5}),
            "pictures: augmentation: height_factor must be in [0, 1], got 1.5");
  EXPECT_TRUE(contains(refusal({.brightness = -1}), "brightness must be at least 0"));
  EXPECT_TRUE(contains(refusal({.pad = 1, .width_factor = 0.1}), "give pad, or height_factor"));
  EXPECT_TRUE(contains(refusal({.flip_vertical = true}, {64}), "expected images (height, width)"));
  EXPECT_NO_THROW(validate(Augmentation{.standardise = true}, {64}, "pictures"));
}

TEST(Augmentation, LeavesOnlyStandardisingAtRest) {
  const Augmentation all{.pad = 4, .flip_horizontal = true, .cutout = 8, .standardise = true};

  EXPECT_EQ(all.at_rest(), Augmentation{.standardise = true});
  EXPECT_TRUE(all.is_random());
  EXPECT_FALSE(all.at_rest().is_random());
}

}  // namespace
}  // namespace carnyx
