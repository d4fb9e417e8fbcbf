#include "carnyx/data/synthetic_digits.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/hash.h"

namespace carnyx {
namespace {

using datasets::synthetic_digits;

std::string hash_of(const Tensor& tensor) {
  Hash hash(Hash::Algorithm::Sha256);
  hash.update(std::span(tensor.bytes(), static_cast<std::size_t>(tensor.size_bytes())));
  return hash.hex();
}

TEST(SyntheticDigits, AreTheSameBytesOnEveryMachineAndInEveryRelease) {
  const TrainTest digits = synthetic_digits({.train = 100, .test = 100});

  EXPECT_EQ(hash_of(digits.train.x),
            "f52005466e2f957ec1b27af31eaecc46d828834a74354ec51e04a355c11d6f9d");
  EXPECT_EQ(hash_of(digits.train.y),
            "36cfde99b39f652a785106efcc06e9d5b3d747b8e1cbd141cd5131d79966f1fd");
  EXPECT_EQ(hash_of(digits.test.x),
            "4ea2466f889f1834d9b6749ba059cba8a2175ffdc57662d2fbf6e2cbad941442");
}

TEST(SyntheticDigits, LookLikeMnist) {
  const TrainTest digits = synthetic_digits({.train = 3, .test = 2});

  EXPECT_EQ(digits.train.x.shape(), (Shape{3, 28, 28}));
  EXPECT_EQ(digits.test.x.shape(), (Shape{2, 28, 28}));
  EXPECT_EQ(digits.train.x.dtype(), DType::Uint8);
  EXPECT_EQ(digits.train.divisor, 255);
  EXPECT_EQ(digits.train.classes, 10);
  EXPECT_NO_THROW(validate(digits.train));
}

TEST(SyntheticDigits, BeginAsALargerSetDoes) {
  const Dataset few = synthetic_digits({.train = 5, .test = 0}).train;
  const Dataset many = synthetic_digits({.train = 50, .test = 0}).train;

  EXPECT_EQ(hash_of(few.x), hash_of(many.slice(0, 5).x));
}

TEST(SyntheticDigits, DifferBetweenPartsAndSeeds) {
  const TrainTest one = synthetic_digits({.train = 20, .test = 20, .seed = 1});
  const TrainTest two = synthetic_digits({.train = 20, .test = 20, .seed = 2});

  EXPECT_NE(hash_of(one.train.x), hash_of(one.test.x));
  EXPECT_NE(hash_of(one.train.x), hash_of(two.train.x));
}

TEST(SyntheticDigits, AreBalanced) {
  const Dataset digits = synthetic_digits({.train = 5'000, .test = 0}).train;
  std::array<int, 10> counts{};
  for (const std::uint8_t label : digits.y.data<std::uint8_t>()) ++counts.at(label);

  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 400);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 600);
}

/// The share of test images that lie nearest to the mean training image of their own class.
double nearest_mean_accuracy(const TrainTest& digits) {
  constexpr std::size_t kPixels = 784;
  std::vector<double> means(10 * kPixels);
  std::array<double, 10> counts{};
  const auto labels = digits.train.y.data<std::uint8_t>();
  const auto pixels = digits.train.x.data<std::uint8_t>();
  for (const std::uint8_t label : labels) counts.at(label) += 1;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const std::size_t label = labels[i / kPixels];
    means[label * kPixels + i % kPixels] += pixels[i] / counts.at(label);
  }
  const auto test = digits.test.x.data<std::uint8_t>();
  double hits = 0;
  for (std::size_t sample = 0; sample < test.size() / kPixels; ++sample) {
    std::array<double, 10> distance{};
    for (std::size_t i = 0; i < means.size(); ++i) {
      const double gap = test[sample * kPixels + i % kPixels] - means[i];
      distance.at(i / kPixels) += gap * gap;
    }
    const auto* const nearest = std::min_element(distance.begin(), distance.end());
    const auto answer = static_cast<std::uint8_t>(nearest - distance.begin());
    if (answer == digits.test.y.data<std::uint8_t>()[sample]) hits += 1;
  }
  return hits / static_cast<double>(digits.test.samples());
}

TEST(SyntheticDigits, CanBeToldApartButNotByTheirMeansAlone) {
  const double accuracy = nearest_mean_accuracy(synthetic_digits({.train = 2'000, .test = 500}));

  EXPECT_GT(accuracy, 0.6);
  EXPECT_LT(accuracy, 0.9);
}

TEST(SyntheticDigits, RefuseANegativeCount) {
  EXPECT_THROW(synthetic_digits({.train = -1}), InvalidArgument);
}

}  // namespace
}  // namespace carnyx
