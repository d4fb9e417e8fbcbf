// What every metric promises: sums that add up over steps, blind to rows that are no samples; a
// weight of 2 counts as the row twice; a config that brings it back.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"

#include "tests/metrics/metric_runs.h"

namespace carnyx::contracts {

enum class TargetKind { Probabilities, YesOrNo, Labels, OneHot };

struct MetricCase {
  std::string name;
  AnyMetric metric;
  TargetKind target = TargetKind::Probabilities;
  Shape sample = {4};          ///< of the output
  bool holds_classes = false;  ///< the output's numbers are classes, and so are the targets'
};

inline Tensor filled(Shape shape, std::uint64_t seed, const std::function<float(Rng&)>& number) {
  Tensor tensor(DType::Float32, std::move(shape));
  Rng rng(seed);
  for (float& value : tensor.data<float>()) value = number(rng);
  return tensor;
}

inline Shape with_rows(std::int64_t rows, const Shape& sample) {
  std::vector<std::int64_t> axes = sample.axes();
  axes.insert(axes.begin(), rows);
  return Shape(std::move(axes));
}

inline Tensor one_hot_rows(std::int64_t rows, const Shape& sample) {
  Tensor target(DType::Float32, with_rows(rows, sample));
  Rng rng(5);
  const std::int64_t columns = sample.columns();
  for (std::int64_t i = 0; i < target.elements() / columns; ++i) {
    const auto label = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(columns)));
    target.data<float>()[static_cast<std::size_t>(i * columns + label)] = 1;
  }
  return target;
}

inline Tensor target_rows(const MetricCase& c, std::int64_t rows) {
  const auto below = [](std::uint64_t limit) {
    return [limit](Rng& rng) { return static_cast<float>(rng.below(limit)); };
  };
  switch (c.target) {
    case TargetKind::Probabilities:
      return filled(with_rows(rows, c.sample), 5, [](Rng& rng) { return rng.uniform(); });
    case TargetKind::YesOrNo:
      return filled(with_rows(rows, c.sample), 5, below(c.holds_classes ? 3 : 2));
    case TargetKind::OneHot:
      return one_hot_rows(rows, c.sample);
    case TargetKind::Labels:
      break;
  }
  Tensor labels(DType::Int32, {rows});
  Rng rng(5);
  for (std::int32_t& label : labels.data<std::int32_t>()) {
    label = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(c.sample.columns())));
  }
  return labels;
}

inline MetricRows rows_of(const MetricCase& c, std::int64_t rows) {
  const auto number = [&](Rng& rng) {
    return c.holds_classes ? static_cast<float>(rng.below(3)) : rng.uniform();
  };
  return {target_rows(c, rows), filled(with_rows(rows, c.sample), 6, number)};
}

inline void expect_same(const std::vector<double>& got,
                        const std::vector<double>& wanted,
                        const std::string& where) {
  ASSERT_EQ(got.size(), wanted.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], wanted[i], 1e-6 * (1 + std::abs(wanted[i]))) << where << '[' << i << ']';
  }
}

/// Whatever the batches, and however many processes share the rows.
inline void expect_sums_to_add_up(const MetricCase& c) {
  const MetricRows rows = rows_of(c, 12);
  MetricProgram whole(*c.metric, rows, {.batch = 12});
  whole.add(0, 12);
  for (const Backend backend : {Backend::Cpu, Backend::Reference}) {
    MetricProgram parts(*c.metric, rows, {.batch = 5, .backend = backend});  // the last has 2 rows
    parts.add(0, 12);
    expect_same(parts.sums(), whole.sums(), c.name + " sums");
    expect_same(parts.result(), whole.result(), c.name + " result");
  }
}

inline void expect_weights_to_count_rows(const MetricCase& c) {
  MetricRows rows = rows_of(c, 4);
  std::vector<float> weights = {2, 0, 1, 3};
  rows.weights = Tensor::from<float>({4}, weights);
  MetricProgram weighted(*c.metric, rows, {.batch = 4});
  weighted.add(0, 4);
  MetricProgram repeated(*c.metric, {rows.target, rows.output}, {.batch = 6});
  repeated.step({0, 0, 2, 3, 3, 3});
  expect_same(weighted.result(), repeated.result(), c.name + " weighted");
}

inline void expect_no_rows_to_count_nothing(const MetricCase& c) {
  MetricProgram program(*c.metric, rows_of(c, 3), {.batch = 3});
  program.step({});
  for (const double sum : program.sums()) EXPECT_EQ(sum, 0) << c.name;
}

}  // namespace carnyx::contracts
