#include "carnyx/layers/initializers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/layers/golden_cases.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

AnyInitializer read(const Json& json) {
  AnyInitializer initializer = Zeros();
  read_json(json, initializer);
  return initializer;
}

std::vector<float> drawn(const AnyInitializer& initializer,
                         const Shape& shape,
                         std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  initializer->fill(values, shape, Rng(seed));
  return values;
}

struct Moments {
  double low = 0, high = 0, mean = 0, deviation = 0;
};

Moments moments_of(const std::vector<float>& values) {
  Moments m{.low = values[0], .high = values[0]};
  double squares = 0;
  for (const float value : values) {
    m.low = std::min(m.low, double{value});
    m.high = std::max(m.high, double{value});
    m.mean += value;
    squares += double{value} * value;
  }
  const auto count = static_cast<double>(values.size());
  m.mean /= count;
  m.deviation = std::sqrt(squares / count - m.mean * m.mean);
  return m;
}

/// The cases are what tests/oracle/initializers.py drew with Keras. Means and deviations of n draws
/// scatter by 1 / sqrt(n) of the deviation; five times that is allowed for each side.
TEST(Initializers, DrawFromKerassDistributions) {
  const Json cases = golden_cases("initializers");
  ASSERT_EQ(cases.size(), 45U);
  for (const Json& expected : cases.items()) {
    std::vector<std::int64_t> axes;
    for (const Json& extent : expected.at("shape").items()) axes.push_back(extent.as_int());
    const std::string name = expected.at("initializer").as_string();
    const Moments got = moments_of(drawn(read(Json(name)), Shape(axes), 3));
    const double deviation = expected.at("std").as_number();
    const double keras_draws = expected.at("values").as_number();
    const double scatter =
        5 * deviation * (std::sqrt(20 / keras_draws) + std::sqrt(1 / keras_draws));
    const std::string where = expected.dump();
    EXPECT_NEAR(got.mean, expected.at("mean").as_number(), scatter) << where;
    EXPECT_NEAR(got.deviation, deviation, scatter) << where;
    if (name == "random_normal") continue;  // the others have an end
    EXPECT_NEAR(got.high, expected.at("max").as_number(), 0.05 * deviation + scatter) << where;
    EXPECT_NEAR(got.low, expected.at("min").as_number(), 0.05 * deviation + scatter) << where;
  }
}

/// Of the longer side's vectors, products are gain^2 on the diagonal and 0 elsewhere.
void expect_orthogonal(const Shape& shape, double gain) {
  const std::vector<float> values = drawn(Orthogonal({.gain = gain}), shape, 4);
  const auto rows = static_cast<std::size_t>(shape.rows());
  const auto columns = static_cast<std::size_t>(shape.columns());
  const auto at = [&](std::size_t vector, std::size_t i) {
    return double{rows <= columns ? values[vector * columns + i] : values[i * columns + vector]};
  };
  for (std::size_t a = 0; a < std::min(rows, columns); ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      double product = 0;
      for (std::size_t i = 0; i < std::max(rows, columns); ++i) product += at(a, i) * at(b, i);
      EXPECT_NEAR(product, a == b ? gain * gain : 0, 1e-5) << shape.to_string();
    }
  }
}

TEST(Initializers, OrthogonalOnesAreOrthogonal) {
  for (const Shape& shape : {Shape{7, 7}, Shape{5, 9}, Shape{9, 5}, Shape{3, 2, 4}}) {
    expect_orthogonal(shape, 1);
    expect_orthogonal(shape, 1.5);
  }
}

TEST(Initializers, IdentityAndConstantsAreWhatTheySay) {
  EXPECT_THAT(drawn(Identity({.gain = 2}), {2, 3}, 1), testing::ElementsAre(2, 0, 0, 0, 2, 0));
  EXPECT_THAT(drawn(Constant({.value = 0.5}), {3}, 1), testing::Each(0.5F));
  EXPECT_THAT(drawn(Ones(), {2}, 1), testing::Each(1));
  EXPECT_THAT(drawn(Zeros(), {2}, 1), testing::Each(0));
}

TEST(Initializers, AreReadByAllOfKerassNames) {
  const auto class_name = [](const char* name) { return read(Json(name))->class_name(); };
  EXPECT_EQ(class_name("zero"), "Zeros");
  EXPECT_EQ(class_name("one"), "Ones");
  EXPECT_EQ(class_name("normal"), "RandomNormal");
  EXPECT_EQ(class_name("uniform"), "RandomUniform");
  EXPECT_EQ(class_name("OrthogonalInitializer"), "Orthogonal");
  EXPECT_EQ(class_name("IdentityInitializer"), "Identity");
}

TEST(Initializers, RefuseWhatTheyCannotFollow) {
  const auto from = [](const char* text) { return [text] { read(Json::parse(text, "test")); }; };
  EXPECT_THAT(from(R"({"class_name": "HeNormal", "config": {"input_axes": [0]}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("input_axes")));
  EXPECT_NO_THROW(from(R"({"class_name": "HeNormal", "config": {"input_axes": null}})")());
  EXPECT_THAT(from(R"({"class_name": "RandomNormal", "config": {"std": 0.01}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("stddev")));
  EXPECT_THAT(from(R"("glorot_unifrom")"),
              ThrowsMessage<InvalidArgument>(HasSubstr("glorot_uniform")));
}

}  // namespace
}  // namespace carnyx
