// Some steps of a training graph on either backend, and what they leave, for comparing the two.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/graph/program.h"
#include "carnyx/layers/core.h"
#include "carnyx/training/model.h"

#include "training/model_state.h"
#include "training/step_graphs.h"

namespace carnyx {

/// Points around one center a class, far enough apart to be told from each other. y holds labels.
inline Dataset blobs(std::int64_t samples, std::int64_t features, std::int64_t classes) {
  Tensor x(DType::Float32, {samples, features});
  Tensor y(DType::Uint8, {samples});
  const Rng centers(11);
  Rng noise(12);
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto label = static_cast<std::int64_t>(noise.below(static_cast<std::uint64_t>(classes)));
    y.data<std::uint8_t>()[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(label);
    Rng center = centers.fork(static_cast<std::uint64_t>(label));
    for (std::int64_t k = 0; k < features; ++k) {
      x.data<float>()[static_cast<std::size_t>(i * features + k)] =
          center.normal() + 0.5F * noise.normal();
    }
  }
  return {.x = std::move(x), .y = std::move(y), .classes = classes, .name = "blobs"};
}

/// The same points with float32 targets of this sample shape, in [0, 1), or with rows that sum
/// to 1.
inline Dataset with_targets(Dataset data, std::vector<std::int64_t> sample, bool sums_to_one) {
  const std::int64_t columns = Shape(sample).elements();
  sample.insert(sample.begin(), data.samples());
  Tensor y(DType::Float32, Shape(std::move(sample)));
  Rng rng(13);
  for (std::int64_t row = 0; row < data.samples(); ++row) {
    const auto values = y.data<float>().subspan(static_cast<std::size_t>(row * columns),
                                                static_cast<std::size_t>(columns));
    float sum = 0;
    for (float& value : values) sum += value = rng.uniform();
    const float divisor = sums_to_one && sum > 0 ? sum : 1;
    for (float& value : values) value /= divisor;
  }
  data.y = std::move(y);
  data.classes = 0;
  return data;
}

struct StepCase {
  Network network;
  CompileOptions compiled;
  Dataset data;
  std::int64_t batch = 32;
  std::int64_t rows = -1;  ///< valid rows of each batch; -1: all
};

struct StepRun {
  Backend backend = Backend::Cpu;
  DType dtype = DType::Float32;
  bool fuse_updates = true;
  int threads = 2;
  int steps = 3;
  MatmulPrecision float32_matmul_precision = MatmulPrecision::Highest;

  [[nodiscard]] ProgramOptions program_options() const {
    return {backend, dtype, fuse_updates, float32_matmul_precision};
  }
};

/// Every state and every result after the last step, by name, row-major.
using Outcome = std::map<std::string, std::vector<double>>;

inline std::vector<double> numbers_of(const Tensor& tensor) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) numbers.push_back(tensor.at(i));
  return numbers;
}

inline std::vector<std::int64_t> rows_of_step(const StepCase& c, std::int64_t step) {
  const std::int64_t rows = c.rows < 0 ? c.batch : c.rows;
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < rows; ++i) indices.push_back((step * rows + i) % c.data.samples());
  return indices;
}

inline std::unique_ptr<Graph> graph_of(const StepCase& c) {
  const Network network = c.network.with_input_shape(c.data.sample_shape());
  return training_graph(network, c.compiled, input_types(c.data), c.batch, nullptr);
}

inline Outcome run_steps(const StepCase& c, const StepRun& run) {
  kernels::ThreadPool pool(run.threads);
  const auto graph = graph_of(c);
  StateStore states(graph->states(), state_format(run.backend, run.dtype), 7);
  Program program(*graph, states, pool, run.program_options());
  bind_dataset(program, c.data, Mode::Training);
  auto indices = rows_of_step(c, 0);
  program.prime(indices);
  for (std::int64_t step = 0; step < run.steps; ++step) {
    const auto valid = static_cast<std::int64_t>(indices.size());
    indices = rows_of_step(c, step + 1);
    program.run({.seed = 3,
                 .step = step,
                 .valid_rows = valid,
                 .gradient_scale = 1 / static_cast<double>(valid),
                 .learning_rate = 0.01,
                 .next = {indices}});
  }
  Outcome outcome;
  for (const auto& entry : states.entries()) {
    outcome[entry.spec.name] = numbers_of(states.read(entry.spec.name));
  }
  for (const auto& result : graph->results()) outcome[result.name] = {program.number(result.name)};
  return outcome;
}

/// Every tensor within `tolerance` of the largest element it should have.
inline void expect_close(const Outcome& got, const Outcome& wanted, double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  for (const auto& [name, values] : wanted) {
    const std::vector<double>& other = got.at(name);
    ASSERT_EQ(other.size(), values.size()) << name;
    double largest = 0;
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_TRUE(std::isfinite(values[i]) && std::isfinite(other[i])) << name << '[' << i << ']';
      largest = std::max(largest, std::abs(values[i]));
      worst = std::max(worst, std::abs(values[i] - other[i]));
    }
    EXPECT_LE(worst, tolerance * largest) << name;
  }
}

}  // namespace carnyx
