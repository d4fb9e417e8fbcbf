#include "carnyx/layers/constraints.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/layers/golden_cases.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

void expect_constrained(const Json& expected, Backend backend, DType dtype, double relative) {
  const AnyConstraint constraint = constraint_from_json(expected.at("constraint"));
  const auto build = [&](GraphBuilder&, Value w) {
    return std::vector<Value>{constraint.pointer()->apply(w)};
  };
  const MatrixProgram program(expected.at("w"), build, backend, dtype);
  const std::vector<double> wanted =
      flat(expected.at(dtype == DType::Float64 ? "float64" : "float32"));
  const std::vector<double> got = program.result(0);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], wanted[i], relative * std::max(0.1, std::abs(wanted[i])))
        << expected.at("constraint").dump();
  }
}

/// The cases are what tests/oracle/weights.py asked Keras.
TEST(Constraints, MakeOfWeightsWhatKerasMakes) {
  const Json cases = golden_cases("constraints");
  ASSERT_EQ(cases.size(), 8U);
  for (const Json& expected : cases.items()) {
    expect_constrained(expected, Backend::Cpu, DType::Float32, 1e-5);
    expect_constrained(expected, Backend::Reference, DType::Float64, 1e-9);
  }
}

TEST(Constraints, AreWrittenAsKerasWritesThem) {
  const Json cases = golden_cases("constraints");
  for (const Json& expected : cases.items()) {
    const Json& wanted = expected.at("constraint");
    const Json json = json_of(constraint_from_json(wanted));
    EXPECT_EQ(json_of(constraint_from_json(json)), json);
    EXPECT_EQ(json.at("class_name"), wanted.at("class_name"));
    EXPECT_EQ(json.at("config").size(), wanted.at("config").size());
    for (const auto& [key, value] : wanted.at("config").members()) {
      EXPECT_EQ(json.at("config").at(key), value) << json.dump();
    }
  }
}

TEST(Constraints, AreReadByTheirStrings) {
  const auto read = [](const char* name) { return json_of(constraint_from_json(Json(name))); };
  EXPECT_EQ(read("max_norm").at("config").at("max_value"), Json(2.0));
  EXPECT_EQ(read("NonNeg").at("class_name"), Json("NonNeg"));
  EXPECT_EQ(read("unit_norm").at("config").at("axis"), Json(0));
}

TEST(Constraints, RefuseWhatTheyCannotFollow) {
  EXPECT_THAT([] { MaxNorm({.max_value = -1}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("MaxNorm: max_value")));
  EXPECT_THROW(MinMaxNorm({.min_value = 2}), InvalidArgument);
  EXPECT_THROW(MinMaxNorm({.rate = std::nan("")}), InvalidArgument);
  EXPECT_THAT([] { constraint_from_json(Json("max_nrm")); },
              ThrowsMessage<InvalidArgument>(HasSubstr("max_norm")));
  const Json config = Json::parse(R"({"class_name": "NonNeg", "config": {"axis": 1}})", "test");
  EXPECT_THROW(constraint_from_json(config), InvalidArgument);
  GraphBuilder builder(Mode::Training, 1);
  const Value bias = builder.weight("bias", {3}, nullptr);
  EXPECT_THAT(([&] { static_cast<void>(UnitNorm({.axis = {{1}}}).apply(bias)); }),
              ThrowsMessage<InvalidArgument>(HasSubstr("axis")));
}

}  // namespace
}  // namespace carnyx
