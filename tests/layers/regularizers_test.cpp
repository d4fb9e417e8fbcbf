#include "carnyx/layers/regularizers.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/graph/ops.h"

#include "tests/layers/golden_cases.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

void expect_near(const std::vector<double>& got,
                 const std::vector<double>& wanted,
                 double tolerance,
                 const std::string& where) {
  ASSERT_EQ(got.size(), wanted.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << where;
}

/// The penalty and its gradient, by the graph's own rules.
MatrixProgram measured(const AnyRegularizer& regularizer,
                       const Json& x,
                       Backend backend,
                       DType dtype) {
  const auto build = [&](GraphBuilder& builder, Value value) {
    const auto rows = static_cast<double>(value.shape()[0]);
    const Value penalty = regularizer->penalty(value, ops::fill(builder.graph(), Shape{1}, rows));
    return std::vector<Value>{penalty, gradients(penalty, std::vector<Value>{value})[0]};
  };
  return {x, build, backend, dtype};
}

/// The cases are what tests/oracle/weights.py asked Keras.
TEST(Regularizers, GiveKerassPenaltiesAndGradients) {
  const Json cases = golden_cases("regularizers");
  ASSERT_EQ(cases.size(), 6U);
  for (const Json& expected : cases.items()) {
    const AnyRegularizer regularizer = regularizer_from_json(expected.at("regularizer"));
    const std::string where = expected.at("regularizer").dump();
    const Json& narrow = expected.at("float32");
    const Json& wide = expected.at("float64");
    const auto fast = measured(regularizer, expected.at("x"), Backend::Cpu, DType::Float32);
    const auto exact = measured(regularizer, expected.at("x"), Backend::Reference, DType::Float64);
    expect_near(fast.result(0), flat(narrow.at("penalty")), 1e-5, where);
    expect_near(fast.result(1), flat(narrow.at("gradient")), 2e-6, where);
    expect_near(exact.result(0), flat(wide.at("penalty")), 1e-9, where);
    expect_near(exact.result(1), flat(wide.at("gradient")), 1e-9, where);
  }
}

TEST(Regularizers, OfGivenSlopesHaveThemAsTheirGradients) {
  const Json cases = golden_cases("regularizers");
  int given = 0;
  for (const Json& expected : cases.items()) {
    const auto slope = regularizer_from_json(expected.at("regularizer"))->slope();
    if (!slope) continue;
    ++given;
    std::vector<double> slopes = flat(expected.at("x"));
    for (double& x : slopes) {
      x = slope->l1 * static_cast<double>((x > 0) - (x < 0)) + 2 * slope->l2 * x;
    }
    expect_near(slopes, flat(expected.at("float64").at("gradient")), 1e-12, "slope");
  }
  EXPECT_EQ(given, 4);
}

TEST(Regularizers, LeaveOneRowAloneInPeace) {
  const Json x = Json::parse("[[1, 2]]", "test");
  const auto alone = measured(OrthogonalRegularizer({}), x, Backend::Reference, DType::Float64);
  EXPECT_NEAR(alone.result(0)[0], 0, 1e-12);
}

TEST(Regularizers, AreWrittenAsKerasWritesThem) {
  const Json cases = golden_cases("regularizers");
  for (const Json& expected : cases.items()) {
    EXPECT_EQ(json_of(regularizer_from_json(expected.at("regularizer"))),
              expected.at("regularizer"));
  }
}

TEST(Regularizers, AreReadByTheirStrings) {
  const auto read = [](const char* name) { return json_of(regularizer_from_json(Json(name))); };
  EXPECT_EQ(read("l1").at("config").at("l1"), Json(0.01));
  EXPECT_EQ(read("L2").at("class_name"), Json("L2"));
  EXPECT_EQ(read("orthogonal_regularizer").at("config").at("mode"), Json("rows"));
}

TEST(Regularizers, RefuseWhatTheyCannotFollow) {
  EXPECT_THAT([] { L2({-1}); }, ThrowsMessage<InvalidArgument>(HasSubstr("L2: l2")));
  EXPECT_THROW(L1({std::nan("")}), InvalidArgument);
  EXPECT_THROW(L1L2({.l1 = -1}), InvalidArgument);
  EXPECT_THROW(OrthogonalRegularizer({.factor = -1}), InvalidArgument);
  EXPECT_THAT([] { regularizer_from_json(Json("l3")); },
              ThrowsMessage<InvalidArgument>(HasSubstr("l1")));
  const auto read = [](const char* text) {
    return [text] { regularizer_from_json(Json::parse(text, "test")); };
  };
  EXPECT_THAT(read(R"({"class_name": "OrthogonalRegularizer", "config": {"mode": "diagonal"}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("diagonal")));
  EXPECT_THAT(read(R"({"class_name": "L2", "config": {"l1": 0.1}})"),
              ThrowsMessage<InvalidArgument>(HasSubstr("l1")));
  GraphBuilder builder(Mode::Training, 1);
  const Value bias = builder.weight("bias", {3}, nullptr);
  EXPECT_THAT([&] { static_cast<void>(OrthogonalRegularizer({}).penalty(bias, bias)); },
              ThrowsMessage<InvalidArgument>(HasSubstr("matrix")));
}

}  // namespace
}  // namespace carnyx
