#include "carnyx/training/assessment.h"

#include <cmath>

#include <gmock/gmock.h>

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Tensor rows(std::int64_t columns, const std::vector<float>& values) {
  return Tensor::from<float>({static_cast<std::int64_t>(values.size()) / columns, columns}, values);
}

/// Samples of two by two pixels, the label in each.
Dataset labelled(const std::vector<std::uint8_t>& labels, std::int64_t classes) {
  const auto count = static_cast<std::int64_t>(labels.size());
  Tensor x(DType::Uint8, {count, 2, 2});
  for (std::int64_t i = 0; i < count * 4; ++i) {
    store_element(x.bytes(), DType::Uint8, i, labels[static_cast<std::size_t>(i / 4)]);
  }
  return {.x = x,
          .y = Tensor::from<std::uint8_t>({count}, labels),
          .classes = classes,
          .name = "squares"};
}

std::vector<std::int64_t> samples_of(const std::vector<Mistake>& mistakes) {
  std::vector<std::int64_t> samples;
  for (const Mistake& mistake : mistakes) samples.push_back(mistake.sample);
  return samples;
}

TEST(Assessment, CountsWhichClassWasTakenForWhich) {
  const Dataset data = labelled({0, 1, 1, 2}, 3);
  const Tensor outputs = rows(3, {0.8F, 0.1F, 0.1F, 0.7F, 0.2F, 0.1F, 0, 1, 0, 0.3F, 0.4F, 0.3F});

  const auto found = assess(outputs, data);

  ASSERT_TRUE(found);
  EXPECT_THAT(found->confusion.counts, ElementsAre(1, 0, 0, 1, 1, 0, 0, 1, 0));
  EXPECT_EQ(found->confusion.at(1, 0), 1);
  EXPECT_EQ(found->mistakes, 2);
}

TEST(Assessment, PutsTheMistakeWhoseOwnClassWasLeastProbableFirst) {
  const Dataset data = labelled({0, 0, 0, 0, 0}, 2);
  const Tensor outputs = rows(2, {0.4F, 0.6F, 0.1F, 0.9F, 0.9F, 0.1F, 0.1F, 0.9F, 0.2F, 0.8F});

  EXPECT_THAT(samples_of(assess(outputs, data)->worst), ElementsAre(1, 3, 4, 0));
  EXPECT_THAT(samples_of(assess(outputs, data, {.worst = 2})->worst), ElementsAre(1, 3));
  EXPECT_THAT(samples_of(assess(outputs, data, {.worst = 0})->worst), IsEmpty());
}

TEST(Assessment, ReadsLogitsAndSingleProbabilities) {
  const Dataset data = labelled({0, 1}, 2);

  const auto logits = assess(rows(2, {0, 2, 5, 0}), data);
  const auto single = assess(rows(1, {0.75F, 0.25F}), data);

  // softmax({0, 2}) = {1, e^2} / (1 + e^2)
  EXPECT_NEAR(logits->worst.at(1).probabilities.at(1), 0.880797, 1e-6);
  EXPECT_THAT(samples_of(logits->worst), ElementsAre(1, 0));
  EXPECT_THAT(single->worst.at(0).probabilities, ElementsAre(0.25, 0.75));
  EXPECT_EQ(single->confusion.at(0, 1), 1);
}

TEST(Assessment, ShowsASampleAsItLooks) {
  const Dataset square = labelled({1, 0}, 2);
  const Dataset flat = square.with_sample_shape({4});
  const Tensor outputs = rows(2, {1, 0, 1, 0});

  EXPECT_EQ(assess(outputs, square)->worst.at(0).picture.shape(), Shape({2, 2}));
  EXPECT_EQ(assess(outputs, square)->worst.at(0).picture.at(0), 1);
  EXPECT_TRUE(assess(outputs, flat)->worst.at(0).picture.empty());
  EXPECT_EQ(assess(outputs, flat, {.picture_shape = Shape{2, 2, 1}})->worst.at(0).picture.shape(),
            Shape({2, 2}));
}

TEST(Assessment, StretchesNumbersThatAreNoBytes) {
  Dataset data = labelled({1}, 2);
  data.x = Tensor::from<float>({1, 2, 2}, std::vector<float>{-1, 0, 1, 0.5F});

  const Tensor picture = assess(rows(2, {1, 0}), data)->worst.at(0).picture;

  EXPECT_EQ(picture.at(0), 0);
  EXPECT_EQ(picture.at(1), 128);
  EXPECT_EQ(picture.at(2), 255);
}

TEST(Assessment, HasNothingToSayWhereThereAreNoClasses) {
  Dataset targets = labelled({0, 1}, 2);
  targets.classes = 0;

  EXPECT_FALSE(assess(rows(2, {1, 0, 0, 1}), targets));
  EXPECT_FALSE(assess(rows(3, {1, 0, 0, 1, 0, 0}), labelled({0, 1}, 2)));
  EXPECT_FALSE(assess(Tensor(), labelled({0, 1}, 2)));
}

TEST(Assessment, PutsANaNFirst) {
  const auto found = assess(rows(2, {0, 1, NAN, NAN}), labelled({0, 1}, 2));

  EXPECT_THAT(samples_of(found->worst), ElementsAre(1, 0));
}

}  // namespace
}  // namespace carnyx
