// What every op promises: gradients as central differences say, in double; no trouble with no rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/graph/graph_builder.h"
#include "carnyx/graph/ops.h"
#include "carnyx/graph/program.h"

namespace carnyx::contracts {

/// One op on operands of given shapes. Operands are states, so that they can be set to any double.
struct OpCase {
  std::string name;
  std::function<std::vector<Shape>(std::int64_t rows)> shapes;
  std::function<Value(std::span<const Value>)> build;
  double low = -2;
  double high = 2;
  std::size_t constants = 0;  ///< how many of the last operands no gradient flows into
};

/// An op's graph in float64: its result, a weighted sum of it, and that sum's gradients.
class OpProgram {
 public:
  OpProgram(const OpCase& c, std::int64_t rows) : rows_(rows) {
    GraphBuilder builder(Mode::Training, rows);
    for (const Shape& shape : c.shapes(rows)) {
      operands_.push_back(builder.weight("x" + std::to_string(operands_.size()), shape, nullptr));
    }
    const std::vector<Value> operands = operands_;
    const Value y = c.build(operands);
    shape_ = y.shape();
    builder.result("y", y);
    Value loss = ops::sum_all(ops::multiply(y, builder.weight("coefficients", shape_, nullptr)));
    builder.result("loss", loss);
    const std::vector<Value> slopes =
        gradients(loss, std::span(operands).first(operands.size() - c.constants));
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      slope_shapes_.push_back(slopes[i].shape());
      builder.result("slope" + std::to_string(i), slopes[i]);
    }
    graph_ = builder.finish();
    states_ = StateStore(graph_->states(), state_format(Backend::Reference, DType::Float64), 1);
    program_.emplace(*graph_, states_, pool_, ProgramOptions{Backend::Reference, DType::Float64});
    fill(c.low, c.high);
  }

  /// Of those that a gradient flows into.
  [[nodiscard]] std::size_t operand_count() const { return slope_shapes_.size(); }
  [[nodiscard]] const Shape& operand_shape(std::size_t i) const { return operands_[i].shape(); }
  [[nodiscard]] const Shape& slope_shape(std::size_t i) const { return slope_shapes_[i]; }
  [[nodiscard]] Tensor operand(std::size_t i) const {
    return states_.read("x" + std::to_string(i));
  }
  void set(std::size_t i, const Tensor& values) { states_.write("x" + std::to_string(i), values); }

  void run() { program_->run({.seed = 5, .step = 2, .valid_rows = rows_}); }
  [[nodiscard]] double loss() const { return program_->number("loss"); }
  [[nodiscard]] Tensor result() const { return program_->value("y"); }
  [[nodiscard]] Tensor slope(std::size_t i) const {
    return program_->value("slope" + std::to_string(i));
  }

 private:
  void fill(double low, double high) {
    Rng rng(17);
    for (const auto& entry : states_.entries()) {
      Tensor values(DType::Float64, entry.spec.shape);
      for (double& value : values.data<double>()) {
        value = low + (high - low) * static_cast<double>(rng.uniform());
      }
      states_.write(entry.spec.name, values);
    }
  }

  std::int64_t rows_;
  std::vector<Value> operands_;
  Shape shape_;
  std::vector<Shape> slope_shapes_;
  std::unique_ptr<Graph> graph_;
  StateStore states_;
  kernels::ThreadPool pool_{1};
  std::optional<Program> program_;
};

/// Every gradient within 1e-6 of (f(x + h) - f(x - h)) / 2h, relative to the larger of it and 1.
inline void expect_gradients_of_differences(const OpCase& c, std::int64_t rows) {
  constexpr double kStep = 1e-5;
  OpProgram program(c, rows);
  for (std::size_t i = 0; i < program.operand_count(); ++i) {
    const Tensor given = program.operand(i);
    program.run();
    const Tensor slope = program.slope(i);
    ASSERT_EQ(program.slope_shape(i), program.operand_shape(i)) << c.name << " operand " << i;
    for (std::int64_t k = 0; k < given.elements(); ++k) {
      const auto loss_at = [&](double offset) {
        Tensor moved = given.clone();
        moved.data<double>()[static_cast<std::size_t>(k)] += offset;
        program.set(i, moved);
        program.run();
        return program.loss();
      };
      const double wanted = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
      EXPECT_NEAR(slope.at(k), wanted, 1e-6 * std::max(1.0, std::abs(wanted)))
          << c.name << " operand " << i << '[' << k << ']';
    }
    program.set(i, given);
  }
}

/// With no rows at all it runs, and whatever it gives is finite.
inline void expect_to_run_without_rows(const OpCase& c) {
  OpProgram program(c, 0);
  program.run();
  const Tensor result = program.result();
  for (std::int64_t i = 0; i < result.elements(); ++i) EXPECT_TRUE(std::isfinite(result.at(i)));
  for (std::size_t i = 0; i < program.operand_count(); ++i) {
    EXPECT_EQ(program.slope(i).shape(), program.operand_shape(i));
  }
}

}  // namespace carnyx::contracts
