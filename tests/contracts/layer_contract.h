// What every layer promises: gradients as central differences say, in double, of its input and its
// weights, penalties included; the same numbers from the fast kernels; a config that brings it
// back.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/graph/ops.h"
#include "carnyx/graph/program.h"
#include "carnyx/layers/registry.h"

namespace carnyx::contracts {

struct LayerCase {
  std::string name;
  AnyLayer layer;
  Shape sample = {5};
  std::vector<Shape> others = {};  ///< of a layer's further inputs
  /// Its slope or its output leaps where inputs are nearly equal, so that rounding them may show.
  bool leaps = false;
};

struct LayerRun {
  Mode mode = Mode::Training;
  std::int64_t rows = 3;
  Backend backend = Backend::Reference;
  DType dtype = DType::Float64;
  int threads = 1;
};

/// A layer's graph on an input that is a state, so that it can be set to any number; all states
/// begin with numbers in [0.25, 1.25). The loss is a weighted sum of the output and the penalties.
class LayerProgram {
 public:
  LayerProgram(const LayerCase& c, const LayerRun& run) : run_(run), pool_(run.threads) {
    GraphBuilder builder(run.mode, run.rows);
    std::vector<Value> xs = {batch(builder, "x", c.sample)};
    for (const Shape& sample : c.others) {
      xs.push_back(batch(builder, "x" + std::to_string(xs.size()), sample));
    }
    const Value y = [&] {
      const GraphBuilder::Scope scope(builder, "layer");
      return c.layer->build_from(builder, xs);
    }();
    const std::vector<Value> sources = builder.trainable_weights();
    for (const Graph::State& state : builder.graph().states()) {
      if (state.spec.trainable) trainable_.push_back(state.spec.name);
    }
    const Value coefficients = builder.statistic("coefficients", y.shape(), nullptr);
    Value loss = ops::sum_valid(ops::multiply(ops::row_mask(y), coefficients));
    if (const auto penalty = builder.regularization().total) loss = ops::add(loss, *penalty);
    builder.result("y", y);
    builder.result("loss", loss);
    const std::vector<Value> slopes = gradients(loss, sources);
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      builder.result("slope/" + trainable_[i], slopes[i]);
    }
    graph_ = builder.finish();
    states_ = StateStore(graph_->states(), state_format(run.backend, run.dtype), 1);
    fill();
    program_.emplace(*graph_, states_, pool_, ProgramOptions{run.backend, run.dtype});
  }

  void run() { program_->run({.seed = 5, .step = 2, .valid_rows = run_.rows}); }
  /// The input and the weights that an optimizer moves.
  [[nodiscard]] const std::vector<std::string>& trainable() const { return trainable_; }
  [[nodiscard]] double loss() const { return program_->number("loss"); }
  [[nodiscard]] Tensor result(const std::string& name) const { return program_->value(name); }
  [[nodiscard]] StateStore& states() { return states_; }

 private:
  static Value batch(GraphBuilder& builder, const std::string& name, const Shape& sample) {
    std::vector<std::int64_t> axes = sample.axes();
    axes.insert(axes.begin(), builder.batch_size());
    return builder.weight(name, Shape(std::move(axes)), nullptr);
  }
  void fill() {
    for (const auto& entry : states_.entries()) {
      Rng rng(17, stream_of(entry.spec.name));
      Tensor values(DType::Float64, entry.spec.shape);
      for (double& value : values.data<double>()) value = 0.25 + double{rng.uniform()};
      states_.write(entry.spec.name, values);
    }
  }

  LayerRun run_;
  std::vector<std::string> trainable_;
  std::unique_ptr<Graph> graph_;
  StateStore states_;
  kernels::ThreadPool pool_;
  std::optional<Program> program_;
};

/// Every gradient within 1e-6 of (f(x + h) - f(x - h)) / 2h, relative to the larger of it and 1.
inline void expect_layer_gradients(const LayerCase& c) {
  constexpr double kStep = 1e-5;
  LayerProgram program(c, {});
  for (const std::string& name : program.trainable()) {
    const Tensor given = program.states().read(name);
    program.run();
    const Tensor slope = program.result("slope/" + name);
    ASSERT_EQ(slope.shape(), given.shape()) << name;
    for (std::int64_t k = 0; k < given.elements(); ++k) {
      const auto loss_at = [&](double offset) {
        Tensor moved = given.clone();
        moved.data<double>()[static_cast<std::size_t>(k)] += offset;
        program.states().write(name, moved);
        program.run();
        return program.loss();
      };
      const double wanted = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
      EXPECT_NEAR(slope.at(k), wanted, 1e-6 * std::max(1.0, std::abs(wanted)))
          << name << '[' << k << ']';
    }
    program.states().write(name, given);
  }
}

/// Output, loss and gradients of `run` within `tolerance` of the reference's in float64, relative
/// to the largest of each, or to 0.1 where that is less: sums of numbers near 1 cancel.
inline void expect_layer_near_reference(const LayerCase& c, const LayerRun& run, double tolerance) {
  LayerProgram wanted(c, {.mode = run.mode, .rows = run.rows});
  LayerProgram got(c, run);
  wanted.run();
  got.run();
  std::vector<std::string> results = {"y", "loss"};
  for (const std::string& name : wanted.trainable()) results.push_back("slope/" + name);
  for (const std::string& name : results) {
    const Tensor expected = wanted.result(name);
    const Tensor actual = got.result(name);
    ASSERT_EQ(actual.shape(), expected.shape()) << name;
    double largest = 0.1;
    for (std::int64_t i = 0; i < expected.elements(); ++i) {
      largest = std::max(largest, std::abs(expected.at(i)));
    }
    for (std::int64_t i = 0; i < expected.elements(); ++i) {
      ASSERT_NEAR(actual.at(i), expected.at(i), tolerance * largest) << name << '[' << i << ']';
    }
  }
}

inline void expect_same_bits(const LayerCase& c, const LayerRun& run, const LayerRun& other) {
  LayerProgram one(c, run);
  LayerProgram two(c, other);
  one.run();
  two.run();
  std::vector<std::string> results = {"y"};
  for (const std::string& name : one.trainable()) results.push_back("slope/" + name);
  for (const std::string& name : results) {
    const Tensor a = one.result(name);
    const Tensor b = two.result(name);
    for (std::int64_t i = 0; i < a.elements(); ++i) ASSERT_EQ(a.at(i), b.at(i)) << name;
  }
}

/// Its config, read back, writes the same config and computes the same.
inline void expect_config_to_bring_it_back(const LayerCase& c) {
  const Json json = layer_to_json(*c.layer, "layer");
  const LayerCase read{
      .name = c.name, .layer = layer_from_json(json), .sample = c.sample, .others = c.others};
  EXPECT_EQ(layer_to_json(*read.layer, "layer"), json);
  EXPECT_EQ(read.layer->name(), "layer");
  LayerProgram wanted(c, {});
  LayerProgram got(read, {});
  wanted.run();
  got.run();
  EXPECT_EQ(got.loss(), wanted.loss());
}

inline void expect_to_run_without_rows(const LayerCase& c) {
  for (const Backend backend : {Backend::Cpu, Backend::Reference}) {
    LayerProgram program(c, {.rows = 0, .backend = backend, .dtype = DType::Float32});
    program.run();
    for (const std::string& name : program.trainable()) {
      const Tensor slope = program.result("slope/" + name);
      for (std::int64_t i = 0; i < slope.elements(); ++i) EXPECT_TRUE(std::isfinite(slope.at(i)));
    }
  }
}

}  // namespace carnyx::contracts
