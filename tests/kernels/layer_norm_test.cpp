// Layer normalization beside its definition in double, and its gradient beside differences of that.
#include <cmath>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/steps.h"

#include "tests/kernels/guarded_buffers.h"

namespace carnyx::kernels {
namespace {

constexpr float kLayerEpsilon = 0.01F;

struct LayerNormRun {
  Matrix x, gamma, beta;
  bool keeps_mean = false;

  [[nodiscard]] Matrix result() const {
    Matrix y(x.rows, x.columns);
    const auto count = static_cast<double>(x.columns);
    for (std::int64_t row = 0; row < x.rows; ++row) {
      double mean = 0, variance = 0;
      for (std::int64_t c = 0; c < x.columns; ++c) mean += x.at(row, c) / count;
      for (std::int64_t c = 0; c < x.columns; ++c) {
        variance += std::pow(x.at(row, c) - mean, 2) / count;
      }
      for (std::int64_t c = 0; c < x.columns; ++c) {
        const double above = keeps_mean ? x.at(row, c) : x.at(row, c) - mean;
        y.at(row, c) = above / std::sqrt(variance + kLayerEpsilon) * gamma.at(0, c) + beta.at(0, c);
      }
    }
    return y;
  }
  [[nodiscard]] double weighted(const Matrix& slope) const {
    const Matrix y = result();
    double sum = 0;
    for (std::size_t i = 0; i < y.values.size(); ++i) sum += y.values[i] * slope.values[i];
    return sum;
  }
};

LayerNormRun random_norm(std::int64_t rows, std::int64_t columns, bool keeps_mean, Rng& rng) {
  return {.x = random_matrix(rows, columns, rng),
          .gamma = random_matrix(1, columns, rng),
          .beta = random_matrix(1, columns, rng),
          .keeps_mean = keeps_mean};
}

void expect_layer_matrix(const Matrix& got, const Matrix& wanted, double tolerance) {
  for (std::size_t i = 0; i < wanted.values.size(); ++i) {
    ASSERT_NEAR(got.values[i], wanted.values[i], tolerance) << i;
  }
}

Operand as_layer_row(Operand operand) {
  operand.shape = Shape({operand.shape.columns()});
  return operand;
}

void check_result(Format format, std::int64_t rows, std::int64_t columns, bool keeps_mean) {
  GuardedBuffers buffers;
  Rng rng(1);
  LayerNormRun norm = random_norm(rows, columns, keeps_mean, rng);
  const Operand x = buffers.add(format, norm.x);
  const Operand gamma = as_layer_row(buffers.add(Layout::Panels, DType::Float32, norm.gamma));
  const Operand beta = as_layer_row(buffers.add(Layout::Rows, DType::Float32, norm.beta));
  const Operand y = buffers.add_garbage(Layout::Panels, DType::Float32, rows, columns);
  const auto kernel =
      make_layer_norm({.x = x,
                       .gamma = gamma,
                       .beta = beta,
                       .epsilon = kLayerEpsilon,
                       .keeps_mean = keeps_mean,
                       .stages = {{.kind = StageKind::Scale, .operand = {}, .alpha = 2},
                                  {.kind = StageKind::Store, .operand = y}}});

  run_chunks(*kernel, buffers, {}, ChunkOrder::Shuffled);

  Matrix wanted = norm.result();
  for (double& value : wanted.values) value *= 2;
  expect_layer_matrix(buffers.read(y), wanted, 1e-5);
  buffers.expect_intact(y);
}

TEST(LayerNorm, IsItsDefinition) {
  for_each_isa([] {
    for (const bool keeps_mean : {false, true}) {
      for (const Layout layout : {Layout::Rows, Layout::Panels}) {
        check_result({layout, DType::Float32}, 1, 1, keeps_mean);
        check_result({layout, DType::Float32}, 17, 37, keeps_mean);
        check_result({layout, DType::Bfloat16}, 33, 16, keeps_mean);
      }
      check_result({Layout::Panels, DType::Float32}, 5000, 3, keeps_mean);
      check_result({Layout::Panels, DType::Float32}, 0, 3, keeps_mean);
    }
  });
}

/// The gradient of the weighted sum by one matrix of the norm, by differences.
Matrix layer_norm_differences(LayerNormRun& norm, Matrix& matrix, const Matrix& slope) {
  constexpr double kStep = 1e-5;
  Matrix gradient(matrix.rows, matrix.columns);
  for (std::size_t i = 0; i < matrix.values.size(); ++i) {
    const double given = matrix.values[i];
    const auto at = [&](double value) {
      matrix.values[i] = value;
      return norm.weighted(slope);
    };
    gradient.values[i] = (at(given + kStep) - at(given - kStep)) / (2 * kStep);
    matrix.values[i] = given;
  }
  return gradient;
}

void check_gradient(std::int64_t rows, std::int64_t columns, bool keeps_mean) {
  GuardedBuffers buffers;
  Rng rng(2);
  LayerNormRun norm = random_norm(rows, columns, keeps_mean, rng);
  Matrix slope = random_matrix(rows, columns, rng);
  const Operand x = buffers.add(Layout::Panels, DType::Float32, norm.x);
  const Operand given = buffers.add(Layout::Panels, DType::Float32, slope);
  const Operand gamma = as_layer_row(buffers.add(Layout::Panels, DType::Float32, norm.gamma));
  const Operand dx = buffers.add_garbage(Layout::Panels, DType::Float32, rows, columns);
  const Operand dgamma =
      as_layer_row(buffers.add_garbage(Layout::Panels, DType::Float32, 1, columns));
  const Operand dbeta = as_layer_row(buffers.add_garbage(Layout::Rows, DType::Float32, 1, columns));
  Operand partials =
      buffers.add_garbage(Layout::Rows, DType::Float32, 1, layer_norm_partials(rows, columns));
  const auto kernel =
      make_layer_norm_gradient({.slope = given,
                                .x = x,
                                .gamma = gamma,
                                .epsilon = kLayerEpsilon,
                                .keeps_mean = keeps_mean,
                                .stages = {{.kind = StageKind::Store, .operand = dx}}},
                               partials);

  run_chunks(*kernel, buffers, {}, ChunkOrder::Backward);
  run_chunks(*make_layer_norm_sums(partials, x.shape, dgamma, dbeta), buffers, {});

  expect_layer_matrix(buffers.read(dx), layer_norm_differences(norm, norm.x, slope), 2e-5);
  expect_layer_matrix(buffers.read(dgamma), layer_norm_differences(norm, norm.gamma, slope), 2e-5);
  expect_layer_matrix(buffers.read(dbeta), layer_norm_differences(norm, norm.beta, slope), 2e-5);
  for (const Operand& written : {dx, dgamma, dbeta, partials}) buffers.expect_intact(written);
}

TEST(LayerNorm, HasTheGradientThatDifferencesShow) {
  for_each_isa([] {
    for (const bool keeps_mean : {false, true}) {
      check_gradient(1, 5, keeps_mean);
      check_gradient(19, 7, keeps_mean);
      check_gradient(4, 33, keeps_mean);
    }
  });
}

TEST(LayerNorm, AddsUpMoreChunksThanThreadsHave) {
  GuardedBuffers buffers;
  Matrix x(5000, 2), ones(5000, 2);
  for (double& value : ones.values) value = 1;
  const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
  const Operand slope = buffers.add(Layout::Panels, DType::Float32, ones);
  const Operand dbeta = as_layer_row(buffers.add_garbage(Layout::Panels, DType::Float32, 1, 2));
  const Operand partials =
      buffers.add_garbage(Layout::Rows, DType::Float32, 1, layer_norm_partials(5000, 2));
  const auto kernel = make_layer_norm_gradient(
      {.slope = slope, .x = given, .gamma = std::nullopt, .epsilon = kLayerEpsilon, .stages = {}},
      partials);

  run_chunks(*kernel, buffers, {}, ChunkOrder::Shuffled);
  run_chunks(*make_layer_norm_sums(partials, given.shape, std::nullopt, dbeta), buffers, {});

  EXPECT_EQ(buffers.read(dbeta).at(0, 1), 5000);
}

TEST(LayerNorm, OfEqualNumbersWithoutEpsilonIsZeroButOfNanIsNan) {
  for_each_isa([] {
    GuardedBuffers buffers;
    Matrix x(2, 3);
    x.values = {7, 7, 7, 1, NAN, 3};
    const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
    const Operand y = buffers.add_garbage(Layout::Panels, DType::Float32, 2, 3);

    run_chunks(*make_layer_norm({.x = given,
                                 .gamma = std::nullopt,
                                 .beta = std::nullopt,
                                 .epsilon = 0,
                                 .stages = {{.kind = StageKind::Store, .operand = y}}}),
               buffers,
               {});

    EXPECT_EQ(buffers.read(y).at(0, 2), 0);
    EXPECT_TRUE(std::isnan(buffers.read(y).at(1, 0)));
  });
}

TEST(LayerNorm, RefusesOperandsThatDoNotFit) {
  GuardedBuffers buffers;
  Matrix x(2, 3), four(1, 4);
  const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
  const Operand gamma = as_layer_row(buffers.add(Layout::Panels, DType::Float32, four));
  EXPECT_THROW(
      (void)make_layer_norm({.x = given, .gamma = gamma, .beta = std::nullopt, .stages = {}}),
      InvalidArgument);
}

}  // namespace
}  // namespace carnyx::kernels
