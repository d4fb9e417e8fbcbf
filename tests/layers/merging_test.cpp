#include "carnyx/layers/merging.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"
#include "carnyx/layers/core.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// The shape of what a layer makes of batches of 2 samples.
Shape merged_shape(const AnyLayer& layer, const std::vector<Shape>& samples) {
  GraphBuilder builder(Mode::Inference, 2);
  std::vector<Value> xs;
  for (const Shape& sample : samples) {
    xs.push_back(builder.input("x" + std::to_string(xs.size()), sample));
  }
  return layer->build_from(builder, xs).shape();
}

std::string refusal(const AnyLayer& layer, const std::vector<Shape>& samples) {
  try {
    merged_shape(layer, samples);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no InvalidArgument";
}

// Keras 3.15: keras.layers.Add()([Input((3,)), Input((4, 3))]).shape and so on.
TEST(Merging, StretchesAxesAndRanksAsKeras) {
  EXPECT_EQ(merged_shape(Add(), {{3}, {4, 3}}), Shape({2, 4, 3}));
  EXPECT_EQ(merged_shape(Multiply(), {{5, 1, 3}, {1, 7, 3}, {3}}), Shape({2, 5, 7, 3}));
  EXPECT_EQ(merged_shape(Maximum(), {{}, {4}}), Shape({2, 4}));
}

TEST(Merging, RejectsShapesThatDoNotGoTogether) {
  EXPECT_THAT(refusal(Add(), {{3}, {4}}), AllOf(HasSubstr("Add"), HasSubstr("(2, 3), (2, 4)")));
  EXPECT_THAT(refusal(Average(), {{3, 2}, {2, 2}}), HasSubstr("alike or 1"));
}

TEST(Merging, RejectsMoreElementsThanAnyModelHas) {
  EXPECT_THAT(refusal(Add(), {{1 << 20, 1}, {1, 1 << 20}}), HasSubstr("at most"));
}

TEST(Concatenate, JoinsAlongAnAxis) {
  EXPECT_EQ(merged_shape(Concatenate(), {{3}, {4}, {3}}), Shape({2, 10}));
  EXPECT_EQ(merged_shape(Concatenate({.axis = 1}), {{3, 2}, {4, 2}}), Shape({2, 7, 2}));
  EXPECT_EQ(merged_shape(Concatenate({.axis = -2}), {{3, 2}, {4, 2}}), Shape({2, 7, 2}));
}

TEST(Concatenate, RejectsWhatDoesNotFit) {
  EXPECT_THROW(Concatenate({.axis = 0}), InvalidArgument);
  EXPECT_THAT(refusal(Concatenate({.axis = 2}), {{3}, {3}}), HasSubstr("no axis 2"));
  EXPECT_THAT(refusal(Concatenate({.axis = -2}), {{3}, {3}}), HasSubstr("no axis -2"));
  EXPECT_THAT(refusal(Concatenate(), {{3}, {3, 1}}), HasSubstr("one rank"));
  EXPECT_THAT(refusal(Concatenate(), {{3, 2}, {4, 2}}), HasSubstr("must agree"));
  EXPECT_THAT(refusal(Concatenate(), {{1 << 30}, {1 << 30}, {1 << 30}}), HasSubstr("at most"));
}

TEST(Merging, SubtractsTwo) {
  EXPECT_THAT(refusal(Subtract(), {{3}}), HasSubstr("expected 2 inputs, got 1"));
  EXPECT_THAT(refusal(Subtract(), {{3}, {3}, {3}}), HasSubstr("expected 2 inputs, got 3"));
}

TEST(Merging, IsAskedForByLayersOfOneInput) {
  EXPECT_THAT(refusal(Dense({.units = 2}), {{3}, {3}}),
              AllOf(HasSubstr("Dense"), HasSubstr("one input, got 2"), HasSubstr("Concatenate")));
}

}  // namespace
}  // namespace carnyx
