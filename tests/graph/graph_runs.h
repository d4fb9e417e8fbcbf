// Graphs of bare ops, run on either backend from the same state.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/graph/ops.h"
#include "carnyx/graph/program.h"

namespace carnyx {

/// Uniform in [low, high).
class UniformStart final : public Initializer {
 public:
  explicit UniformStart(float low = -1, float high = 1) : low_(low), high_(high) {}
  void fill(std::span<float> values, const Shape&, Rng rng) const override {
    for (float& value : values) value = rng.uniform(low_, high_);
  }

 private:
  float low_;
  float high_;
};

inline InitializerPtr uniform(float low = -1, float high = 1) {
  return std::make_shared<const UniformStart>(low, high);
}

/// Gradient descent with a momentum of one half: enough to see that slots are moved too.
class HalfMomentum final : public kernels::UpdateRule {
 public:
  [[nodiscard]] std::span<const std::string_view> slot_names() const override {
    static constexpr std::array<std::string_view, 1> kNames = {"momentum"};
    return kNames;
  }
  void apply(const kernels::UpdateBlock<float>& block) const override { move(block); }
  void apply(const kernels::UpdateBlock<double>& block) const override { move(block); }

 private:
  template <class T>
  static void move(const kernels::UpdateBlock<T>& block) {
    for (std::size_t i = 0; i < block.weight.size(); ++i) {
      const auto rate = static_cast<T>(block.learning_rate * block.multiplier);
      block.slots[0][i] = T{0.5} * block.slots[0][i] - rate * block.gradient[i];
      block.weight[i] += block.slots[0][i];
    }
  }
};

inline Value slot_of(Graph& graph, Value weight, const std::string& name) {
  return graph.state({.name = "momentum/" + name,
                      .shape = weight.shape(),
                      .initializer = uniform(0, 0),
                      .kind = StateSpec::Kind::Slot,
                      .trainable = false});
}

/// Moves every trainable weight down the gradient of `loss`.
inline void descend(GraphBuilder& builder, Value loss) {
  Graph& graph = builder.graph();
  const std::vector<Value> weights = builder.trainable_weights();
  const std::vector<Value> slopes = gradients(loss, weights);
  const auto rule = std::make_shared<const HalfMomentum>();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::string name = graph.states()[i].spec.name;
    const std::vector<Value> slots = {slot_of(graph, weights[i], name)};
    const auto next = ops::update(rule, weights[i], slopes[i], slots);
    graph.assign(weights[i], next[0]);
    graph.assign(slots[0], next[1]);
  }
}

struct GraphRun {
  Backend backend = Backend::Cpu;
  DType dtype = DType::Float32;
  bool fuse_updates = true;
  int threads = 2;
  int steps = 3;
  std::int64_t rows = 8;  ///< valid rows of each step, taken from consecutive rows of the inputs
  MatmulPrecision float32_matmul_precision = MatmulPrecision::Highest;

  [[nodiscard]] ProgramOptions program_options() const {
    return {backend, dtype, fuse_updates, float32_matmul_precision};
  }
};

/// Every state and result, row-major, by name.
using Outcome = std::map<std::string, std::vector<double>>;

inline std::vector<double> numbers_of(const Tensor& tensor) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) numbers.push_back(tensor.at(i));
  return numbers;
}

/// What a graph is fed, by the inputs' names; outlives the run.
using Sources = std::map<std::string, Tensor>;

inline Outcome run_graph(const Graph& graph, const Sources& sources, const GraphRun& run) {
  kernels::ThreadPool pool(run.threads);
  StateStore states(graph.states(), state_format(run.backend, run.dtype), 5);
  Program program(graph, states, pool, run.program_options());
  for (const Graph::Input& input : graph.inputs()) {
    const Tensor& source = sources.at(input.name);
    program.bind(input.name, {.rows = source.bytes(), .dtype = source.dtype()});
  }
  std::vector<std::int64_t> now(static_cast<std::size_t>(run.rows));
  const auto announce = [&](std::int64_t step) {
    for (std::size_t i = 0; i < now.size(); ++i)
      now[i] = step * run.rows + static_cast<std::int64_t>(i);
  };
  announce(0);
  program.prime(now);
  for (std::int64_t step = 0; step < run.steps; ++step) {
    const bool last = step + 1 == run.steps;
    announce(step + 1);
    program.run({.seed = 9,
                 .step = step,
                 .valid_rows = run.rows,
                 .gradient_scale = run.rows == 0 ? 1 : 1 / static_cast<double>(run.rows),
                 .learning_rate = 0.1,
                 .next = {last ? std::span<const std::int64_t>() : now}});
  }
  Outcome outcome;
  for (const auto& entry : states.entries()) {
    outcome[entry.spec.name] = numbers_of(states.read(entry.spec.name));
  }
  for (const auto& result : graph.results()) {
    outcome["result/" + result.name] = numbers_of(program.value(result.name));
  }
  return outcome;
}

/// Every tensor within `tolerance` of its largest element, or of 1e-3 where that is less.
inline void expect_close(const Outcome& got, const Outcome& wanted, double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  for (const auto& [name, values] : wanted) {
    const std::vector<double>& other = got.at(name);
    ASSERT_EQ(other.size(), values.size()) << name;
    double largest = 1e-3;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_NEAR(other[i], values[i], tolerance * largest) << name << '[' << i << ']';
    }
  }
}

/// Rows of numbers in [-1, 1).
inline Tensor random_rows(Shape shape, std::uint64_t seed) {
  Tensor tensor(DType::Float32, std::move(shape));
  Rng rng(seed);
  for (float& value : tensor.data<float>()) value = rng.uniform(-1, 1);
  return tensor;
}

/// Labels in [0, classes).
inline Tensor random_labels(std::int64_t rows, std::int64_t classes, std::uint64_t seed) {
  Tensor tensor(DType::Int32, {rows});
  Rng rng(seed);
  for (std::int32_t& label : tensor.data<std::int32_t>()) {
    label = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(classes)));
  }
  return tensor;
}

}  // namespace carnyx
