// What every loss promises: a sum over valid rows with the gradient that differences show, linear
// in the rows' weights, blind to rows that are no samples, and a config that brings it back.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/losses/losses.h"

#include "tests/contracts/op_contract.h"

namespace carnyx::contracts {

struct LossCase {
  std::string name;
  AnyLoss loss;
  Shape sample = {4};  ///< of the output
  /// Makes a target of numbers in (0, 1) of the output's shape; nothing: they are the target.
  std::function<Value(Value)> target = nullptr;
};

inline Value target_of(const LossCase& c, Value numbers) {
  return c.target ? c.target(numbers) : numbers;
}

inline std::vector<Shape> shapes_of(const LossCase& c, std::int64_t rows) {
  std::vector<std::int64_t> axes = c.sample.axes();
  axes.insert(axes.begin(), rows);
  return {Shape(axes), Shape(axes)};
}

/// The loss as an op on its output, so that the ops' contract holds for it.
inline OpCase as_op(const LossCase& c) {
  return {.name = c.name,
          .shapes = [c](std::int64_t rows) { return shapes_of(c, rows); },
          .build =
              [c](std::span<const Value> x) {
                GraphBuilder builder(Mode::Training, x[0].shape()[0]);
                return c.loss->build(builder, target_of(c, x[1]), x[0]);
              },
          .low = 0.1,
          .high = 0.9,
          .constants = 1};
}

/// One loss of `rows` random rows of which `valid` are samples, in float64.
class LossProgram {
 public:
  LossProgram(const LossCase& c, std::int64_t rows) {
    GraphBuilder builder(Mode::Training, rows);
    const std::vector<Shape> shapes = shapes_of(c, rows);
    const Value output = builder.weight("output", shapes[0], nullptr);
    const Value target = target_of(c, builder.weight("target", shapes[1], nullptr));
    const Value weight = builder.weight("weight", {rows}, nullptr);
    const Value loss = c.loss->build(builder, target, output);
    builder.result("loss", loss);
    builder.result("weighted", c.loss->build_weighted(builder, target, output, weight));
    builder.result("gradient", gradients(loss, std::vector<Value>{output})[0]);
    graph_ = builder.finish();
    states_ = StateStore(graph_->states(), state_format(Backend::Reference, DType::Float64), 1);
    program_.emplace(*graph_, states_, pool_, ProgramOptions{Backend::Reference, DType::Float64});
    // The same numbers for the first rows, however many there are.
    for (const char* name : {"output", "target"}) {
      Rng rng(name[0] == 'o' ? 3 : 4);
      fill(name, [&] { return 0.1 + 0.8 * static_cast<double>(rng.uniform()); });
    }
    fill("weight", [] { return 1.0; });
  }

  template <class Number>
  void fill(const std::string& state, Number number) {
    Tensor values = states_.read(state);
    for (double& value : values.data<double>()) value = number();
    states_.write(state, values);
  }

  void run(std::int64_t valid) { program_->run({.valid_rows = valid}); }
  [[nodiscard]] double loss() const { return program_->number("loss"); }
  [[nodiscard]] double weighted() const { return program_->number("weighted"); }
  [[nodiscard]] Tensor gradient() const { return program_->value("gradient"); }

 private:
  std::unique_ptr<Graph> graph_;
  StateStore states_;
  kernels::ThreadPool pool_{1};
  std::optional<Program> program_;
};

inline void expect_masked_rows_to_count_nothing(const LossCase& c) {
  LossProgram some(c, 3);
  LossProgram padded(c, 5);
  some.run(3);
  padded.run(3);
  EXPECT_NEAR(padded.loss(), some.loss(), 1e-12 * (1 + std::abs(some.loss())));
  EXPECT_NEAR(padded.weighted(), some.weighted(), 1e-12 * (1 + std::abs(some.loss())));
  const Tensor gradient = padded.gradient();
  const Tensor wanted = some.gradient();
  for (std::int64_t i = 0; i < gradient.elements(); ++i) {
    const double slope = i < wanted.elements() ? wanted.at(i) : 0;
    EXPECT_NEAR(gradient.at(i), slope, 1e-12 * (1 + std::abs(slope))) << c.name << '[' << i << ']';
  }
}

/// Rows of zeros, which is what padding holds, leave no NaN in a gradient.
inline void expect_zeros_in_padding_to_be_harmless(const LossCase& c) {
  LossProgram program(c, 4);
  for (const char* state : {"output", "target"}) program.fill(state, [] { return 0.0; });
  program.run(0);
  const Tensor gradient = program.gradient();
  for (std::int64_t i = 0; i < gradient.elements(); ++i) EXPECT_EQ(gradient.at(i), 0) << c.name;
}

inline void expect_weights_to_scale(const LossCase& c) {
  LossProgram program(c, 4);
  program.run(4);
  const double loss = program.loss();
  EXPECT_NEAR(program.weighted(), loss, 1e-12 * (1 + std::abs(loss)));
  program.fill("weight", [] { return 2.5; });
  program.run(4);
  EXPECT_NEAR(program.weighted(), 2.5 * loss, 1e-11 * (1 + std::abs(loss)));
}

}  // namespace carnyx::contracts
