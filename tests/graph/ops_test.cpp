// What single ops compute and refuse, beyond the contract that all of them are under.
#include "carnyx/graph/ops.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/graph/graph_runs.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Values of the given shapes in a graph of their own.
struct SomeOperands {
  explicit SomeOperands(std::vector<Shape> shapes) : builder(Mode::Training, 3) {
    for (Shape& shape : shapes) {
      values.push_back(
          builder.graph().input("x" + std::to_string(values.size()), {std::move(shape)}));
    }
  }
  GraphBuilder builder;
  std::vector<Value> values;
};

using Build = std::function<Value(const std::vector<Value>&)>;

void expect_refused(std::vector<Shape> shapes, const Build& build, const std::string& says) {
  SomeOperands operands(std::move(shapes));
  EXPECT_THAT([&] { static_cast<void>(build(operands.values)); },
              ThrowsMessage<InvalidArgument>(HasSubstr(says)));
}

TEST(Ops, NameThemselvesAndTheShapesTheyRefuse) {
  using V = const std::vector<Value>&;
  expect_refused(
      {{3, 4}, {3, 5}}, [](V x) { return ops::add(x[0], x[1]); }, "(3, 4) and (3, 5)");
  expect_refused(
      {{3, 4}, {4, 3}}, [](V x) { return ops::gate(x[0], x[1]); }, "gate: ");
  expect_refused(
      {{3, 4}, {5, 2}}, [](V x) { return ops::matmul(x[0], x[1]); }, "matmul: ");
  expect_refused(
      {{3, 4}, {4, 2}}, [](V x) { return ops::matmul(x[0], x[1], true); }, "transposed");
  expect_refused(
      {{3, 4}, {4, 2}}, [](V x) { return ops::matmul(x[0], x[1], false, true); }, "matmul: ");
  expect_refused(
      {{4}, {4, 2}}, [](V x) { return ops::matmul(x[0], x[1]); }, "two axes");
  expect_refused(
      {{3, 4}},
      [](V x) {
        return ops::sum_to(x[0], {3, 2});
      },
      "sum_to: ");
  expect_refused(
      {{3, 4}}, [](V x) { return ops::broadcast_to(x[0], {4}); }, "broadcast_to: ");
  expect_refused(
      {{3, 4}},
      [](V x) {
        return ops::reshape(x[0], {3, 5});
      },
      "reshape: ");
  expect_refused(
      {{3, 4}}, [](V x) { return ops::one_hot(x[0], 4); }, "one_hot: ");
  expect_refused(
      {{3}}, [](V x) { return ops::one_hot(x[0], 0); }, "depth");
  expect_refused(
      {{3, 4}}, [](V x) { return ops::dropout(x[0], 1, 0); }, "dropout: ");
  expect_refused(
      {{3, 4}}, [](V x) { return ops::dropout(x[0], -0.1, 0); }, "[0, 1)");
  expect_refused(
      {{3, 4}, {4}},
      [](V x) { return ops::softmax_cross_entropy(x[0], x[1]); },
      "softmax_cross_entropy: ");
  expect_refused(
      {{3, 2, 4}, {3}}, [](V x) { return ops::softmax_cross_entropy(x[0], x[1]); }, "[B, C]");
}

TEST(Ops, RefuseScalarsWhereTheyNeedAnAxis) {
  using V = const std::vector<Value>&;
  expect_refused(
      {{}}, [](V x) { return ops::softmax(x[0]); }, "softmax");
  expect_refused(
      {{}}, [](V x) { return ops::argmax(x[0]); }, "scalar");
  expect_refused(
      {{}}, [](V x) { return ops::max_features(x[0]); }, "scalar");
  expect_refused(
      {{}}, [](V x) { return ops::sum_features(x[0]); }, "scalar");
  expect_refused(
      {{}}, [](V x) { return ops::mean_features(x[0]); }, "scalar");
  expect_refused(
      {{}}, [](V x) { return ops::row_mask(x[0]); }, "scalar");
}

TEST(Ops, RefuseTheLargestOfNoFeatures) {
  using V = const std::vector<Value>&;
  expect_refused(
      {{3, 0}}, [](V x) { return ops::softmax(x[0]); }, "softmax");
  expect_refused(
      {{3, 0}}, [](V x) { return ops::argmax(x[0]); }, "feature");
  expect_refused(
      {{3, 0}}, [](V x) { return ops::max_features(x[0]); }, "feature");
  expect_refused(
      {{3, 0}, {3}}, [](V x) { return ops::softmax_cross_entropy(x[0], x[1]); }, "feature");
}

TEST(Ops, RefuseAnUpdateOfOtherShapesOrTooManySlots) {
  SomeOperands operands({{3, 4}, {4}, {3, 4}});
  const auto rule = std::make_shared<const HalfMomentum>();
  const std::vector<Value>& x = operands.values;
  const std::vector<Value> slots = {x[2]};
  EXPECT_THAT([&] { ops::update(rule, x[0], x[1], slots); },
              ThrowsMessage<InvalidArgument>(HasSubstr("update: ")));
  EXPECT_THAT([&] { ops::update(rule, x[0], x[2], {}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("1 slots")));
}

/// The results of a graph of inputs, after one step with the first rows of the sources.
Outcome evaluate(SomeOperands& operands, const Sources& sources, std::int64_t rows = 3) {
  const auto graph = operands.builder.finish();
  const GraphRun once{.backend = Backend::Reference, .steps = 1, .rows = rows};
  const Outcome outcome = run_graph(*graph, sources, once);
  expect_close(run_graph(*graph, sources, {.steps = 1, .rows = rows}), outcome, 1e-6);
  return outcome;
}

Tensor numbers(Shape shape, std::vector<float> values) {
  return Tensor::from<float>(std::move(shape), values);
}

TEST(Ops, OneHotGivesZerosForALabelOutside) {
  SomeOperands operands(std::vector<Shape>{{3}});
  operands.builder.result("y", ops::one_hot(operands.values[0], 2));
  const Outcome outcome = evaluate(operands, {{"x0", numbers({3}, {1, 2, -1})}});
  EXPECT_THAT(outcome.at("result/y"), ElementsAre(0, 1, 0, 0, 0, 0));
}

TEST(Ops, ArgmaxIsTheFirstLargestAndThatOfTheLogits) {
  SomeOperands operands(std::vector<Shape>{{3, 3}});
  const Value best = ops::argmax(ops::softmax(operands.values[0]));
  operands.builder.result("y", best);
  EXPECT_EQ(ops::before_softmax(ops::softmax(operands.values[0])), operands.values[0]);
  const Outcome outcome =
      evaluate(operands, {{"x0", numbers({3, 3}, {1, 2, 2, 5, 5, 5, -1, -3, -2})}});
  EXPECT_THAT(outcome.at("result/y"), ElementsAre(1, 0, 0));
}

TEST(Ops, ArgmaxOfAOneHotIsItsLabels) {
  SomeOperands operands(std::vector<Shape>{{3}});
  EXPECT_EQ(ops::argmax(ops::one_hot(operands.values[0], 4)), operands.values[0]);
}

TEST(Ops, LossesSeeWhatSoftmaxAndSigmoidWereMadeOf) {
  SomeOperands operands(std::vector<Shape>{{3, 3}});
  const Value x = operands.values[0];
  EXPECT_EQ(ops::before_sigmoid(ops::unary(x, ops::UnaryKind::Sigmoid)), x);
  EXPECT_FALSE(ops::before_sigmoid(ops::unary(x, ops::UnaryKind::Tanh)).has_value());
  EXPECT_FALSE(ops::before_softmax(x).has_value());
}

TEST(Ops, CrossEntropyCountsNoRowPastTheValidOnesAndNoLabelOutside) {
  SomeOperands operands({{4, 2}, {4}});
  const Value loss = ops::softmax_cross_entropy(operands.values[0], operands.values[1]);
  operands.builder.result("loss", loss);
  operands.builder.result("slope", gradients(loss, std::vector<Value>{operands.values[0]})[0]);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const Sources sources = {{"x0", numbers({4, 2}, {0, 0, 1, 1, 3, 3, kNan, kNan})},
                           {"x1", numbers({4}, {1, 7, 0, 0})}};
  const Outcome outcome = evaluate(operands, sources, 2);
  EXPECT_THAT(outcome.at("result/loss"), ElementsAre(testing::DoubleNear(std::log(2), 1e-6)));
  EXPECT_THAT(outcome.at("result/slope"), ElementsAre(0.5, -0.5, 0, 0, 0, 0, 0, 0));
}

TEST(Ops, SumValidLeavesOutPaddingAndItsGradient) {
  SomeOperands operands(std::vector<Shape>{{3, 2}});
  const Value x = operands.values[0];
  const Value loss = ops::sum_valid(ops::unary(ops::shift(x, 1), ops::UnaryKind::Square));
  operands.builder.result("loss", loss);
  operands.builder.result("count", ops::valid_count(operands.builder.graph()));
  operands.builder.result("all", ops::sum_all(x));
  operands.builder.result("masked", ops::row_mask(ops::shift(x, 1)));
  operands.builder.result("slope", gradients(loss, std::vector<Value>{x})[0]);
  const Outcome outcome = evaluate(operands, {{"x0", numbers({3, 2}, {1, 2, 3, 4, 5, 6})}}, 2);
  EXPECT_THAT(outcome.at("result/loss"), ElementsAre(4 + 9 + 16 + 25));
  EXPECT_THAT(outcome.at("result/count"), ElementsAre(2));
  EXPECT_THAT(outcome.at("result/all"), ElementsAre(10));  // rows past the valid ones are read as 0
  EXPECT_THAT(outcome.at("result/masked"), ElementsAre(2, 3, 4, 5, 0, 0));
  EXPECT_THAT(outcome.at("result/slope"), ElementsAre(4, 6, 8, 10, 0, 0));
}

TEST(Ops, TopKMaskTakesTheFirstOfEqualOnes) {
  SomeOperands operands(std::vector<Shape>{{3, 3}});
  operands.builder.result("y", ops::top_k_mask(operands.values[0], 2));
  const Outcome outcome =
      evaluate(operands, {{"x0", numbers({3, 3}, {1, 3, 2, 5, 5, 5, -1, -2, -1})}});
  EXPECT_THAT(outcome.at("result/y"), ElementsAre(0, 1, 1, 1, 1, 0, 1, 0, 1));
}

TEST(Ops, BucketSumsCountThresholdsBelowAndNoRowPastTheValidOnes) {
  SomeOperands operands({{3, 2}, {3, 2}});
  const std::vector<Value>& x = operands.values;
  operands.builder.result("sums", ops::bucket_sums(x[0], x[1], {0.1, 0.5}));
  operands.builder.result("by_feature", ops::bucket_sums(x[0], x[1], {0.1, 0.5}, true));
  const Sources sources = {{"x0", numbers({3, 2}, {0.1F, 0.2F, 0.5F, 0.9F, 1, 1})},
                           {"x1", numbers({3, 2}, {1, 2, 4, 8, 16, 32})}};
  const Outcome outcome = evaluate(operands, sources, 2);
  EXPECT_THAT(outcome.at("result/sums"), ElementsAre(1, 6, 8));
  EXPECT_THAT(outcome.at("result/by_feature"), ElementsAre(1, 4, 0, 0, 2, 8));
}

TEST(Ops, PowerHasAGradientAtZero) {
  SomeOperands operands(std::vector<Shape>{{3}});
  const Value x = operands.values[0];
  const Value y = ops::power(x, 2);
  operands.builder.result("y", y);
  operands.builder.result("slope", gradients(y, std::vector<Value>{x})[0]);
  EXPECT_EQ(ops::power(x, 1), x);
  const Outcome outcome = evaluate(operands, {{"x0", numbers({3}, {0, 2, 3})}});
  EXPECT_THAT(outcome.at("result/y"), ElementsAre(0, 4, 9));
  EXPECT_THAT(outcome.at("result/slope"), ElementsAre(0, 4, 6));
}

TEST(Ops, RefuseWhatTheyCanNotCount) {
  using V = const std::vector<Value>&;
  expect_refused(
      {{3, 4}}, [](V x) { return ops::top_k_mask(x[0], 0); }, "at least 1, got 0");
  expect_refused(
      {{3, 4}, {3}}, [](V x) { return ops::bucket_sums(x[0], x[1], {0.5}); }, "(3, 4) and (3,)");
  expect_refused(
      {{3, 4}, {3, 4}},
      [](V x) {
        return ops::bucket_sums(x[0], x[1], {0.5, 0.1});
      },
      "ascend");
  expect_refused(
      {{3, 4}},
      [](V x) {
        return ops::constant(*x[0].graph, {3}, {1, 2});
      },
      "(3,) for 2");
}

TEST(Ops, UpdateScalesTheGradientAndMovesItsSlots) {
  GraphBuilder builder(Mode::Training, 2);
  const Value w = builder.weight("w", {2}, uniform(1, 1));
  const Value slot = slot_of(builder.graph(), w, "w");
  const Value factor = ops::fill(builder.graph(), Shape{1}, 3);
  const std::vector<Value> slots = {slot};
  const auto next = ops::update(
      std::make_shared<const HalfMomentum>(), w, ops::fill(builder.graph(), {2}, 4), slots, factor);
  builder.assign(w, next[0]);
  builder.assign(slot, next[1]);
  builder.result("scale", ops::gradient_scale(builder.graph()));
  const auto graph = builder.finish();
  for (const Backend backend : {Backend::Cpu, Backend::Reference}) {
    const Outcome outcome = run_graph(*graph, {}, {.backend = backend, .steps = 1, .rows = 2});
    EXPECT_THAT(outcome.at("result/scale"), ElementsAre(0.5));
    EXPECT_NEAR(outcome.at("momentum/w")[1], -0.1 * 4 * 3 * 0.5, 1e-6);
    EXPECT_NEAR(outcome.at("w")[0], 1 - 0.6, 1e-6);
  }
}

TEST(Ops, ConvertRoundsToBfloat16AndTruncatesToIntegers) {
  SomeOperands operands(std::vector<Shape>{{3}});
  const Value x = operands.values[0];
  operands.builder.result("narrow", ops::convert(x, DType::Bfloat16));
  operands.builder.result("whole", ops::convert(x, DType::Int32));
  const Outcome outcome = evaluate(operands, {{"x0", numbers({3}, {1.00390625F, -2.75F, 2.75F})}});
  EXPECT_THAT(outcome.at("result/narrow"), ElementsAre(1, -2.75, 2.75));
  EXPECT_THAT(outcome.at("result/whole"), ElementsAre(1, -2, 2));
}

TEST(Gradients, AreZerosWhereNothingFlows) {
  SomeOperands operands({{3, 2}, {3, 2}});
  const Value loss = ops::sum_all(operands.values[0]);
  operands.builder.result("slope", gradients(loss, std::vector<Value>{operands.values[1]})[0]);
  const Outcome outcome =
      evaluate(operands, {{"x0", random_rows({3, 2}, 1)}, {"x1", random_rows({3, 2}, 2)}});
  EXPECT_THAT(outcome.at("result/slope"), testing::Each(0));
}

TEST(Gradients, AddUpWhereAValueIsUsedTwice) {
  SomeOperands operands(std::vector<Shape>{{3, 2}});
  const Value x = operands.values[0];
  const Value loss = ops::sum_all(ops::add(ops::multiply(x, x), ops::scale(x, 3)));
  operands.builder.result("slope", gradients(loss, std::vector<Value>{x})[0]);
  const Outcome outcome = evaluate(operands, {{"x0", numbers({3, 2}, {1, 2, 3, -1, 0, 4})}});
  EXPECT_THAT(outcome.at("result/slope"), ElementsAre(5, 7, 9, 1, 3, 11));
}

TEST(Graph, GivesOneStateForOneNameAndRefusesAnotherShape) {
  GraphBuilder builder(Mode::Training, 3);
  const Value w = builder.weight("w", {2}, uniform());
  EXPECT_EQ(builder.weight("w", {2}, uniform()), w);
  EXPECT_THAT([&] { builder.weight("w", {3}, uniform()); },
              ThrowsMessage<InvalidArgument>(HasSubstr("'w'")));
}

TEST(Program, NamesInputsAndResultsThatAreNotThere) {
  SomeOperands operands(std::vector<Shape>{{3, 2}});
  operands.builder.result("y", operands.values[0]);
  const auto graph = operands.builder.finish();
  kernels::ThreadPool pool(1);
  StateStore states;
  Program program(*graph, states, pool, {});
  EXPECT_TRUE(program.has_result("y"));
  EXPECT_THAT([&] { program.bind("z", {}); }, ThrowsMessage<NotFound>(HasSubstr("'z'")));
  EXPECT_THAT([&] { static_cast<void>(program.number("z")); },
              ThrowsMessage<NotFound>(HasSubstr("'z'")));
}

}  // namespace
}  // namespace carnyx
