#include "carnyx/optimizers/schedules.h"

#include <array>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/optimizers/two_weights.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::array<std::int64_t, 22> kSteps = {
    0, 1, 2, 3, 5, 9, 10, 11, 20, 29, 30, 31, 50, 69, 70, 99, 100, 101, 150, 200, 1000, 12345};

LearningRate read(const Json& json) {
  LearningRate rate = 1;
  read_json(json, rate);
  return rate;
}

/// The cases are what tests/oracle/optimizers.py asked Keras.
TEST(Schedules, AreKerassAtEveryStep) {
  const Json cases = golden_cases("schedules");
  ASSERT_EQ(cases.size(), 15U);
  for (const Json& expected : cases.items()) {
    const LearningRate rate = read(expected.at("schedule"));
    for (std::size_t i = 0; i < kSteps.size(); ++i) {
      const double exact = expected.at("float64").at(i).as_number();
      const double narrow = expected.at("float32").at(i).as_number();
      const double got = rate.at(kSteps[i]);
      EXPECT_NEAR(got, exact, 1e-9 * exact + 1e-17) << expected.dump() << " step " << kSteps[i];
      // Keras's own rounding: of numbers up to 0.1, or 1 for one case, in float32.
      EXPECT_NEAR(got, narrow, 1e-5 * narrow + 1e-7) << expected.dump() << " step " << kSteps[i];
    }
  }
}

TEST(Schedules, AreWrittenAsKerasWritesThem) {
  const Json cases = golden_cases("schedules");
  for (const Json& expected : cases.items()) {
    Json wanted = expected.at("schedule");
    Json config = wanted.at("config");
    config.erase("name");
    const Json json = json_of(read(wanted));

    EXPECT_EQ(json.at("module"), wanted.at("module"));
    EXPECT_EQ(json.at("class_name"), wanted.at("class_name"));
    EXPECT_EQ(json_of(read(json)), json);
    for (const auto& [key, value] : config.members()) {
      EXPECT_EQ(json.at("config").at(key), value) << json.dump() << key;
    }
    EXPECT_EQ(json.at("config").size(), config.size());
  }
}

TEST(Schedules, RefuseOptionsOutOfRange) {
  EXPECT_THAT(
      [] {
        ExponentialDecay({0.1, 0, 0.5});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("ExponentialDecay: decay_steps")));
  EXPECT_THROW(ExponentialDecay({-0.1, 10, 0.5}), InvalidArgument);
  EXPECT_THAT(([] {
                PiecewiseConstantDecay({{1, 2}, {0.1, 0.2}});
              }),
              ThrowsMessage<InvalidArgument>(HasSubstr("2 boundaries and 2 values")));
  EXPECT_THROW(PiecewiseConstantDecay({{}, {0.1}}), InvalidArgument);
  EXPECT_THROW(PiecewiseConstantDecay({{2, 1}, {0.1, 0.2, 0.3}}), InvalidArgument);
  EXPECT_THROW(PolynomialDecay({.initial_learning_rate = 0.1, .decay_steps = -1}), InvalidArgument);
  EXPECT_THROW(InverseTimeDecay({0.1, 10, std::nan("")}), InvalidArgument);
  EXPECT_THROW(CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 1, .warmup_steps = -1}),
               InvalidArgument);
  EXPECT_THAT(
      ([] {
        CosineDecayRestarts({.initial_learning_rate = 0.1, .first_decay_steps = 5, .t_mul = 0.5});
      }),
      ThrowsMessage<InvalidArgument>(HasSubstr("t_mul")));
}

TEST(Schedules, OfUnknownNamesAreRefusedWithTheNearest) {
  const Json json = Json::parse(R"({"class_name": "CosineDecy", "config": {}})", "test");
  EXPECT_THAT([&] { read(json); }, ThrowsMessage<InvalidArgument>(HasSubstr("CosineDecay")));
}

}  // namespace
}  // namespace carnyx
