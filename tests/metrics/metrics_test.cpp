#include "carnyx/metrics/metrics.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/graph/ops.h"
#include "carnyx/graph/program.h"

namespace carnyx {
namespace {

Tensor floats(Shape shape, std::vector<float> values) {
  return Tensor::from<float>(std::move(shape), values);
}

/// The metric's sum over the first `rows` rows.
double sum_of(const Metric& metric, const Tensor& target, const Tensor& output, std::int64_t rows) {
  double sums[2] = {};
  for (const Backend backend : {Backend::Cpu, Backend::Reference}) {
    GraphBuilder builder(Mode::Inference, output.shape()[0]);
    const auto sample = [](const Tensor& t) {
      return Shape(std::vector<std::int64_t>(t.shape().begin() + 1, t.shape().end()));
    };
    const Value y = builder.input("y", sample(target), target.dtype());
    const Value x = builder.input("x", sample(output));
    builder.result("sum", metric.build(builder, y, x));
    const auto graph = builder.finish();
    StateStore states;
    kernels::ThreadPool pool(1);
    Program program(*graph, states, pool, {backend});
    program.bind("y", {.rows = target.bytes(), .dtype = target.dtype()});
    program.bind("x", {.rows = output.bytes(), .dtype = output.dtype()});
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < rows; ++i) indices.push_back(i);
    program.prime(indices);
    program.run({.valid_rows = rows});
    sums[backend == Backend::Cpu ? 0 : 1] = program.number("sum");
  }
  EXPECT_EQ(sums[0], sums[1]);
  return sums[0];
}

const Tensor kOutput = floats({4, 3}, {0.2F, 0.5F, 0.3F, 0.9F, 0.1F, 0, 0.4F, 0.4F, 0.2F, 0, 0, 1});

TEST(Accuracy, OfLabelsIsSparseCategorical) {
  const Tensor labels = Tensor::from<std::int32_t>({4}, std::vector<std::int32_t>{1, 1, 0, 2});
  EXPECT_EQ(sum_of(Accuracy({}), labels, kOutput, 4), 3);  // the third's first largest is 0
  EXPECT_EQ(sum_of(Accuracy({}), labels, kOutput, 2), 1);
  EXPECT_EQ(sum_of(Accuracy({}), labels, kOutput, 0), 0);
}

TEST(Accuracy, OfOneLabelARowOnItsOwnAxisIsSparseCategoricalToo) {
  EXPECT_EQ(sum_of(Accuracy({}), floats({4, 1}, {1, 1, 0, 2}), kOutput, 4), 3);
}

TEST(Accuracy, OfProbabilitiesIsCategorical) {
  const Tensor target = floats({4, 3}, {0, 1, 0, 0, 1, 0, 0.5F, 0.3F, 0.2F, 0, 0.1F, 0.9F});
  EXPECT_EQ(sum_of(Accuracy({}), target, kOutput, 4), 3);
}

TEST(Accuracy, OfOneFeatureIsBinaryWithAThresholdOfAHalf) {
  const Tensor output = floats({4, 1}, {0.7F, 0.5F, 0.2F, 0.51F});
  EXPECT_EQ(sum_of(Accuracy({}), floats({4, 1}, {1, 0, 1, 1}), output, 4), 3);
  EXPECT_EQ(sum_of(Accuracy({}), floats({4}, {1, 1, 0, 0}), output, 4), 2);
}

TEST(Accuracy, OfSequencesIsTheShareOfTheirPositions) {
  const Tensor output = floats({2, 2, 2}, {0.9F, 0.1F, 0.1F, 0.9F, 0.2F, 0.8F, 0.7F, 0.3F});
  const Tensor target = floats({2, 2, 2}, {1, 0, 1, 0, 0, 1, 1, 0});
  EXPECT_EQ(sum_of(Accuracy({}), target, output, 2), 1.5);
}

TEST(Metrics, HaveKerassStringsAndNames) {
  EXPECT_EQ(metric_from_json(Json("accuracy"))->name(), "accuracy");
  EXPECT_EQ(metric_from_json(Json("acc"))->name(), "acc");
  EXPECT_THAT([] { metric_from_json(Json("acuracy")); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("accuracy")));
}

}  // namespace
}  // namespace carnyx
