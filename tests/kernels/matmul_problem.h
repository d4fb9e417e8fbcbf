// A matmul with random operands and its result by double loops; an update of a random weight.
#pragma once

#include <cmath>

#include <gtest/gtest.h>

#include "carnyx/kernels/matmul.h"

#include "tests/kernels/guarded_buffers.h"

namespace carnyx::kernels {

struct Sizes {
  std::int64_t m, n, k;
};

/// A matmul whose operands hold random numbers, and its result by double loops.
struct Problem {
  GuardedBuffers buffers;
  MatmulSpec spec;
  Matrix a, b, c;

  Problem(
      Sizes sizes, bool transpose_a, bool transpose_b, Format a_format, Format b_format, Rng rng)
      : a(transpose_a ? random_matrix(sizes.k, sizes.m, rng)
                      : random_matrix(sizes.m, sizes.k, rng)),
        b(transpose_b ? random_matrix(sizes.n, sizes.k, rng)
                      : random_matrix(sizes.k, sizes.n, rng)),
        c(sizes.m, sizes.n) {
    spec.m = sizes.m, spec.n = sizes.n, spec.k = sizes.k;
    spec.transpose_a = transpose_a, spec.transpose_b = transpose_b;
    spec.a = buffers.add(a_format, a);
    spec.b = buffers.add(b_format, b);
    for (std::int64_t i = 0; i < sizes.m; ++i) {
      for (std::int64_t j = 0; j < sizes.n; ++j) {
        for (std::int64_t l = 0; l < sizes.k; ++l) {
          c.at(i, j) +=
              (transpose_a ? a.at(l, i) : a.at(i, l)) * (transpose_b ? b.at(j, l) : b.at(l, j));
        }
      }
    }
  }
  Problem(Sizes sizes, bool transpose_a, bool transpose_b)
      : Problem(sizes, transpose_a, transpose_b, {Layout::Panels}, {Layout::Panels}, Rng(7)) {}

  Operand store(Layout layout, DType dtype) {
    const Operand operand = buffers.add_garbage(layout, dtype, spec.m, spec.n);
    Stage stage{.kind = StageKind::Store, .operand = operand};
    spec.stages.push_back(stage);
    return operand;
  }
  void run(const StepContext& context = {}, ChunkOrder order = ChunkOrder::Forward) {
    run_chunks(*make_matmul(spec), buffers, context, order);
    buffers.expect_intact(spec.a);
    buffers.expect_intact(spec.b);
  }
};

/// Sums of k products of numbers below 1 in float32, in any order, then perhaps rounded further.
inline double tolerance(std::int64_t k, DType dtype) {
  const auto terms = static_cast<double>(k);
  return (4 + terms) * 0x1p-22 + (dtype == DType::Bfloat16 ? (1 + std::sqrt(terms)) * 0x1p-8 : 0);
}

inline void expect_near(const Matrix& expected, const Matrix& actual, double tolerance) {
  ASSERT_EQ(expected.values.size(), actual.values.size());
  for (std::int64_t row = 0; row < expected.rows; ++row) {
    for (std::int64_t column = 0; column < expected.columns; ++column) {
      ASSERT_NEAR(expected.at(row, column), actual.at(row, column), tolerance)
          << "at [" << row << ", " << column << "]";
    }
  }
}

/// w -= rate * g; first += g; second = step. Not zero for a zero gradient, on purpose.
class TestRule final : public UpdateRule {
 public:
  [[nodiscard]] std::span<const std::string_view> slot_names() const override { return kNames; }
  void apply(const UpdateBlock<float>& block) const override {
    for (std::size_t i = 0; i < block.weight.size(); ++i) {
      block.weight[i] -= static_cast<float>(block.learning_rate) * block.gradient[i];
      block.slots[0][i] += block.gradient[i];
      block.slots[1][i] = static_cast<float>(block.step);
    }
  }
  void apply(const UpdateBlock<double>&) const override {}

 private:
  static constexpr std::array<std::string_view, 2> kNames = {"first", "second"};
};

inline const TestRule kRule;

inline StepContext step_context(std::int64_t step, double gradient_scale, double learning_rate) {
  StepContext context;
  context.step = step;
  context.gradient_scale = gradient_scale;
  context.learning_rate = learning_rate;
  return context;
}

/// An update of a random weight, whose value before it is kept.
struct Update {
  Matrix weight, slot, zero;
  UpdateTarget target;

  Update(GuardedBuffers& buffers, Layout layout, std::int64_t rows, std::int64_t columns)
      : weight(0, 0), slot(0, 0), zero(rows, columns) {
    Rng rng(11);
    weight = random_matrix(rows, columns, rng);
    slot = random_matrix(rows, columns, rng);
    target.rule = &kRule;
    target.weight = buffers.add(layout, DType::Float32, weight);
    target.slots = {buffers.add(layout, DType::Float32, slot),
                    buffers.add(layout, DType::Float32, zero)};
    target.copies = {buffers.add_garbage(Layout::Panels, DType::Bfloat16, rows, columns),
                     buffers.add_garbage(Layout::Rows, DType::Float32, rows, columns)};
  }

  /// Holds the buffers against what `gradient` times `scale` should have made of them.
  void check(const GuardedBuffers& buffers,
             const Matrix& gradient,
             double scale,
             const StepContext& context) {
    for (std::size_t i = 0; i < weight.values.size(); ++i) {
      weight.values[i] -= context.learning_rate * scale * gradient.values[i];
      slot.values[i] += scale * gradient.values[i];
      zero.values[i] = static_cast<double>(context.step + 1);
    }
    expect_near(weight, buffers.read(target.weight), 1e-5);
    expect_near(slot, buffers.read(target.slots[0]), 1e-5);
    expect_near(zero, buffers.read(target.slots[1]), 0);
    expect_near(weight, buffers.read(target.copies[0]), 0x1p-7);
    expect_near(weight, buffers.read(target.copies[1]), 1e-5);
    buffers.expect_intact(target.weight);
    for (const Operand& operand : target.slots) buffers.expect_intact(operand);
    for (const Operand& operand : target.copies) buffers.expect_intact(operand);
  }
};

}  // namespace carnyx::kernels
