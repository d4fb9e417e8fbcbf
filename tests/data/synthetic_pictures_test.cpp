#include "carnyx/data/synthetic_pictures.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/hash.h"

namespace carnyx {
namespace {

using datasets::synthetic_pictures;

std::string hash_of_pictures(const Tensor& tensor) {
  Hash hash(Hash::Algorithm::Sha256);
  hash.update(std::span(tensor.bytes(), static_cast<std::size_t>(tensor.size_bytes())));
  return hash.hex();
}

TEST(SyntheticPictures, AreTheSameBytesOnEveryMachineAndInEveryRelease) {
  const TrainTest pictures = synthetic_pictures({.train = 50, .test = 50});

  EXPECT_EQ(hash_of_pictures(pictures.train.x),
            "f6f4b8598e7dbcccd2d503c5507104ea370377adaaa5b8d329b8e5018f69ca3e");
  EXPECT_EQ(hash_of_pictures(pictures.train.y),
            "f1ab122743c988bb3a974288d5247555df8e53809ca7675dcabdcbd8f3b9d3fe");
  EXPECT_EQ(hash_of_pictures(pictures.test.x),
            "276b92e7b7bef0b9db757a5c790faaabec81cfc96d861261b373934badc28778");
}

TEST(SyntheticPictures, LookLikeCifar10) {
  const TrainTest pictures = synthetic_pictures({.train = 3, .test = 2});

  EXPECT_EQ(pictures.train.x.shape(), (Shape{3, 32, 32, 3}));
  EXPECT_EQ(pictures.test.x.shape(), (Shape{2, 32, 32, 3}));
  EXPECT_EQ(pictures.train.x.dtype(), DType::Uint8);
  EXPECT_EQ(pictures.train.divisor, 255);
  EXPECT_EQ(pictures.train.classes, 10);
  EXPECT_NO_THROW(validate(pictures.train));
}

TEST(SyntheticPictures, BeginAsALargerSetDoes) {
  const Dataset few = synthetic_pictures({.train = 5, .test = 0}).train;
  const Dataset many = synthetic_pictures({.train = 20, .test = 0}).train;

  EXPECT_EQ(hash_of_pictures(few.x), hash_of_pictures(many.slice(0, 5).x));
}

TEST(SyntheticPictures, DifferBetweenPartsAndSeeds) {
  const TrainTest one = synthetic_pictures({.train = 10, .test = 10, .seed = 1});
  const TrainTest two = synthetic_pictures({.train = 10, .test = 10, .seed = 2});

  EXPECT_NE(hash_of_pictures(one.train.x), hash_of_pictures(one.test.x));
  EXPECT_NE(hash_of_pictures(one.train.x), hash_of_pictures(two.train.x));
}

TEST(SyntheticPictures, AreBalanced) {
  const Dataset pictures = synthetic_pictures({.train = 1'000, .test = 0}).train;
  std::array<int, 10> counts{};
  for (const std::uint8_t label : pictures.y.data<std::uint8_t>()) ++counts.at(label);

  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 60);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 140);
}

TEST(SyntheticPictures, RefuseANegativeCount) {
  EXPECT_THROW(synthetic_pictures({.test = -1}), InvalidArgument);
}

}  // namespace
}  // namespace carnyx
