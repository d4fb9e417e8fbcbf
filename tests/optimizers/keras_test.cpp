// Every optimizer against what Keras 3 made of the same gradients: tests/oracle/optimizers.py.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/optimizers/two_weights.h"

namespace carnyx {
namespace {

struct Setting {
  Backend backend;
  DType dtype;
  const char* expected;  ///< the member of a case that holds Keras's numbers
  double relative;
};
constexpr std::array kSettings = {
    Setting{Backend::Cpu, DType::Float32, "float32", 1e-5},
    Setting{Backend::Reference, DType::Float32, "float32", 1e-5},
    Setting{Backend::Reference, DType::Float64, "float64", 1e-9},
};

/// `exact`: Keras's numbers in double, for as much as its own rounding moved `wanted` is forgiven.
void expect_close(const std::vector<double>& got,
                  const std::vector<double>& wanted,
                  const std::vector<double>& exact,
                  double relative,
                  const std::string& where) {
  ASSERT_EQ(got.size(), wanted.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double rounding = std::abs(wanted[i] - exact[i]);
    EXPECT_NEAR(got[i], wanted[i], relative * std::max(std::abs(wanted[i]), 0.1) + rounding)
        << where << " element " << i;
  }
}

AnyOptimizer optimizer_of(const Json& expected) {
  return optimizer_from_json(
      Json::object({{"class_name", expected.at("optimizer")}, {"config", expected.at("config")}}));
}

/// The gradient that the script gave to the six elements.
std::vector<double> gradient(std::int64_t step) {
  std::vector<double> slopes;
  for (std::int64_t i = 0; i < 6; ++i) {
    slopes.push_back(static_cast<double>((7 * step + 5 * i) % 17 - 8) / 8);
  }
  return slopes;
}

void expect_steps_of_keras(const Json& expected, const Setting& setting) {
  constexpr std::array<std::int64_t, 3> kAfter = {1, 3, 7};
  const AnyOptimizer optimizer = optimizer_of(expected);
  TwoWeights model(*optimizer, setting.backend, setting.dtype);
  std::int64_t step = 0;
  for (std::size_t kept = 0; kept < kAfter.size(); ++kept) {
    for (; step < kAfter[kept]; ++step) {
      std::vector<double> slopes = gradient(step);
      for (double& slope : slopes) slope *= optimizer->loss_scale();
      model.step({slopes.begin(), slopes.begin() + 4},
                 {slopes.begin() + 4, slopes.end()},
                 optimizer->learning_rate().at(step));
    }
    std::vector<double> weights = model.read("w");
    for (const double b : model.read("b")) weights.push_back(b);
    expect_close(weights,
                 flat(expected.at(setting.expected).at(kept)),
                 flat(expected.at("float64").at(kept)),
                 setting.relative,
                 expected.at("config").dump() + " after step " + std::to_string(step));
  }
}

class OptimizerOfKeras : public testing::TestWithParam<std::string> {
 protected:
  /// The cases of this optimizer, alone and with each common option.
  [[nodiscard]] std::vector<Json> cases() const {
    const Json all = golden_cases("optimizers");
    std::vector<Json> own;
    for (const Json& c : all.items()) {
      if (c.at("optimizer").as_string() == GetParam()) own.push_back(c);
    }
    return own;
  }
};

TEST_P(OptimizerOfKeras, MovesWeightsAsKerasDoesWithEveryCommonOption) {
  const std::vector<Json> all = cases();
  ASSERT_GE(all.size(), 10U);
  for (const Json& expected : all) {
    for (const Setting& setting : kSettings) expect_steps_of_keras(expected, setting);
  }
}

TEST_P(OptimizerOfKeras, HasKerassSlotsInKerassOrder) {
  for (const Json& expected : cases()) {
    const AnyOptimizer optimizer = optimizer_of(expected);
    std::vector<std::string> names;
    for (const auto& group : optimizer->slot_groups()) {
      for (const char* weight : {"w", "b"}) {
        for (const std::string& slot : group) names.push_back(std::string(weight) + "_" + slot);
      }
    }
    std::vector<std::string> wanted;
    for (const Json& slot : expected.at("slots").items()) wanted.push_back(slot.as_string());
    EXPECT_EQ(names, wanted) << expected.at("config").dump();
    EXPECT_EQ(TwoWeights(*optimizer, Backend::Cpu, DType::Float32).slots().size(), wanted.size());
  }
}

TEST_P(OptimizerOfKeras, SurvivesItsOwnConfig) {
  for (const Json& expected : cases()) {
    const Json json = optimizer_to_json(*optimizer_of(expected));
    EXPECT_EQ(optimizer_to_json(*optimizer_from_json(json)), json);
    for (const auto& [key, value] : expected.at("config").members()) {
      if (!value.is_number()) continue;
      EXPECT_EQ(json.at("config").at(key).as_number(), value.as_number()) << key;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         OptimizerOfKeras,
                         testing::Values("SGD",
                                         "RMSprop",
                                         "Adam",
                                         "AdamW",
                                         "Adamax",
                                         "Nadam",
                                         "Adadelta",
                                         "Adagrad",
                                         "Ftrl",
                                         "Lion"),
                         [](const auto& test) { return test.param; });

TEST(OptimizersOfKeras39, MoveWeightsAsItDid) {
  const Json cases = golden_cases("keras3_optimizers");
  ASSERT_EQ(cases.size(), 18U);
  for (const auto& [name, expected] : cases.members()) {
    std::string class_name = expected.at("config").at("name").as_string();
    std::ranges::transform(class_name, class_name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    const AnyOptimizer optimizer = optimizer_from_json(
        Json::object({{"class_name", class_name}, {"config", expected.at("config")}}));
    for (const Setting& setting : kSettings) {
      TwoWeights model(*optimizer, setting.backend, setting.dtype);
      for (const Json& step : expected.at("steps").items()) {
        model.step(flat(step.at("grads").at(std::size_t{0})),
                   flat(step.at("grads").at(1)),
                   optimizer->learning_rate().at(0));
        const std::vector<double> w = flat(step.at("vars").at(std::size_t{0}));
        const std::vector<double> b = flat(step.at("vars").at(1));
        expect_close(model.read("w"), w, w, 1e-5, name + " w");
        expect_close(model.read("b"), b, b, 1e-5, name + " b");
      }
    }
  }
}

}  // namespace
}  // namespace carnyx
