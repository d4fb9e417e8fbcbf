// Batch normalization beside its definition in double, and its gradient beside differences of that.
#include <cmath>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/image_steps.h"

#include "tests/kernels/guarded_buffers.h"

namespace carnyx::kernels {
namespace {

constexpr float kEpsilon = 0.01F;
constexpr Format kPanels = {Layout::Panels, DType::Float32};
constexpr Format kRows = {Layout::Rows, DType::Float32};

/// x [samples, 1, pixels, columns], of which the first `valid` samples count.
struct Norm {
  std::int64_t samples, pixels, columns, valid;
  Matrix x, gamma, beta;

  Norm(std::int64_t samples_, std::int64_t pixels_, std::int64_t columns_, std::int64_t valid_)
      : samples(samples_),
        pixels(pixels_),
        columns(columns_),
        valid(valid_),
        x(samples * pixels, columns),
        gamma(1, columns),
        beta(1, columns) {
    Rng rng(1);
    x = random_matrix(samples * pixels, columns, rng);
    gamma = random_matrix(1, columns, rng);
    beta = random_matrix(1, columns, rng);
  }
  [[nodiscard]] std::int64_t counted() const { return std::min(valid, samples) * pixels; }
  [[nodiscard]] double mean(std::int64_t column) const {
    double sum = 0;
    for (std::int64_t row = 0; row < counted(); ++row) sum += x.at(row, column);
    return sum / static_cast<double>(std::max<std::int64_t>(1, counted()));
  }
  [[nodiscard]] double variance(std::int64_t column) const {
    const double center = mean(column);
    double sum = 0;
    for (std::int64_t row = 0; row < counted(); ++row)
      sum += std::pow(x.at(row, column) - center, 2);
    return sum / static_cast<double>(std::max<std::int64_t>(1, counted()));
  }
  [[nodiscard]] Matrix result() const {
    Matrix y(x.rows, columns);
    for (std::int64_t c = 0; c < columns; ++c) {
      const double center = mean(c);
      const double scale = gamma.at(0, c) / std::sqrt(variance(c) + kEpsilon);
      for (std::int64_t row = 0; row < x.rows; ++row) {
        y.at(row, c) = (x.at(row, c) - center) * scale + beta.at(0, c);
      }
    }
    return y;
  }
  [[nodiscard]] double weighted(const Matrix& slope) const {
    const Matrix y = result();
    double sum = 0;
    for (std::int64_t row = 0; row < counted(); ++row) {
      for (std::int64_t c = 0; c < columns; ++c) sum += y.at(row, c) * slope.at(row, c);
    }
    return sum;
  }
  [[nodiscard]] StepContext context() const { return {.valid_rows = valid}; }
};

Operand as_row(Operand operand) {
  operand.shape = Shape({operand.shape.columns()});
  return operand;
}

/// The buffers of a norm, x normalized and its statistics.
struct Normalized {
  GuardedBuffers buffers;
  Operand x, gamma, beta, mean, variance, y;

  Normalized(Norm& norm, Format format) {
    x = buffers.add(format, norm.x);
    x.shape = Shape({norm.samples, 1, norm.pixels, norm.columns});
    gamma = as_row(buffers.add(kPanels, norm.gamma));
    beta = as_row(buffers.add(kRows, norm.beta));
    mean = as_row(buffers.add_garbage(kPanels, 1, norm.columns));
    variance = as_row(buffers.add_garbage(kRows, 1, norm.columns));
    y = buffers.add_garbage(kPanels, norm.x.rows, norm.columns);
  }
  Operand partials() {
    return buffers.add_garbage({Layout::Rows, DType::Float64}, 1, column_partials(x.shape, 2));
  }
  Operand rows() { return buffers.add_garbage(kRows, 1, batch_norm_rows(x.shape)); }

  void run(const StepContext& context) {
    const Operand partial = partials();
    const Operand row = rows();
    const Stage twice{.kind = StageKind::Scale, .operand = {}, .alpha = 2};
    run_chunks(*make_batch_moments(x, partial), buffers, context, ChunkOrder::Shuffled);
    run_chunks(*make_batch_moments_merge({.partials = partial,
                                          .x = x.shape,
                                          .gamma = gamma,
                                          .beta = beta,
                                          .epsilon = kEpsilon,
                                          .mean = mean,
                                          .variance = variance,
                                          .rows = row}),
               buffers,
               context,
               ChunkOrder::Backward);
    run_chunks(*make_batch_norm(x, row, {twice, {.kind = StageKind::Store, .operand = y}}),
               buffers,
               context);
    for (const Operand& written : {mean, variance, y, partial, row}) {
      if (written.format.dtype == DType::Float32) buffers.expect_intact(written);
    }
  }
};

void check_result(Norm norm, Format format, double tolerance) {
  Normalized normalized(norm, format);

  normalized.run(norm.context());

  const Matrix wanted = norm.result();
  const Matrix y = normalized.buffers.read(normalized.y);
  for (std::size_t i = 0; i < wanted.values.size(); ++i) {
    ASSERT_NEAR(y.values[i], 2 * wanted.values[i], tolerance) << i;
  }
  const Matrix mean = normalized.buffers.read(normalized.mean);
  const Matrix variance = normalized.buffers.read(normalized.variance);
  for (std::int64_t c = 0; c < norm.columns; ++c) {
    ASSERT_NEAR(mean.at(0, c), norm.mean(c), 1e-6 * (1 + std::abs(norm.mean(c))));
    ASSERT_NEAR(variance.at(0, c), norm.variance(c), 1e-5 * norm.variance(c) + 1e-12);
  }
}

TEST(BatchNorm, IsItsDefinitionOverTheValidSamples) {
  for_each_isa([] {
    for (const Layout layout : {Layout::Rows, Layout::Panels}) {
      check_result(Norm(1, 1, 1, 1), {layout, DType::Float32}, 1e-5);
      check_result(Norm(5, 7, 37, 5), {layout, DType::Float32}, 1e-5);
      check_result(Norm(5, 7, 19, 3), {layout, DType::Bfloat16}, 1e-5);
    }
    check_result(Norm(9, 300, 3, 8), kPanels, 1e-5);
    check_result(Norm(40, 1, 140, 40), kPanels, 1e-5);
  });
}

TEST(BatchNorm, LosesNoDigitsToALargeMean) {
  Norm norm(6, 200, 5, 6);
  for (double& value : norm.x.values) value = 1000 + value / 8;  // with 17 bits behind the point
  Normalized normalized(norm, kPanels);

  normalized.run(norm.context());

  const Matrix variance = normalized.buffers.read(normalized.variance);
  for (std::int64_t c = 0; c < norm.columns; ++c) {
    EXPECT_NEAR(variance.at(0, c), norm.variance(c), 1e-4 * norm.variance(c));
  }
}

TEST(BatchNorm, OfNoSamplesIsFinite) {
  Norm norm(2, 3, 4, 0);
  Normalized normalized(norm, kPanels);

  normalized.run(norm.context());

  for (const double y : normalized.buffers.read(normalized.y).values) EXPECT_TRUE(std::isfinite(y));
}

Matrix differences(Norm& norm, Matrix& matrix, const Matrix& slope) {
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
  for (std::int64_t row = norm.counted(); row < matrix.rows && matrix.rows > 1; ++row) {
    for (std::int64_t c = 0; c < matrix.columns; ++c) gradient.at(row, c) = 0;
  }
  return gradient;
}

void expect_matrix(const Matrix& got, const Matrix& wanted, double tolerance) {
  for (std::size_t i = 0; i < wanted.values.size(); ++i) {
    ASSERT_NEAR(got.values[i], wanted.values[i], tolerance) << i;
  }
}

void check_gradient(Norm norm, Format format) {
  Rng rng(2);
  Matrix slope = random_matrix(norm.x.rows, norm.columns, rng);
  Normalized given(norm, format);
  given.run(norm.context());
  GuardedBuffers& buffers = given.buffers;
  const Operand slope_of_y = buffers.add(format, slope);
  const Operand partials = given.partials();
  const Operand rows = given.rows();
  const Operand dx = buffers.add_garbage(kPanels, norm.x.rows, norm.columns);
  const Operand dgamma = as_row(buffers.add_garbage(kPanels, 1, norm.columns));
  const Operand dbeta = as_row(buffers.add_garbage(kRows, 1, norm.columns));

  run_chunks(*make_batch_norm_slopes(slope_of_y, given.x, given.mean, partials),
             buffers,
             norm.context(),
             ChunkOrder::Backward);
  run_chunks(*make_batch_norm_slopes_merge(
                 {.partials = partials,
                  .x = given.x.shape,
                  .mean = given.mean,
                  .variance = given.variance,
                  .gamma = given.gamma,
                  .epsilon = kEpsilon,
                  .gamma_slope = ColumnSum{.store = dgamma, .update = std::nullopt},
                  .beta_slope = ColumnSum{.store = dbeta, .update = std::nullopt},
                  .rows = rows}),
             buffers,
             norm.context());
  run_chunks(*make_batch_norm_gradient(
                 slope_of_y, given.x, rows, {{.kind = StageKind::Store, .operand = dx}}),
             buffers,
             norm.context(),
             ChunkOrder::Shuffled);

  expect_matrix(buffers.read(dx), differences(norm, norm.x, slope), 3e-5);
  expect_matrix(buffers.read(dgamma), differences(norm, norm.gamma, slope), 3e-5);
  expect_matrix(buffers.read(dbeta), differences(norm, norm.beta, slope), 3e-5);
  for (const Operand& written : {dx, dgamma, dbeta}) buffers.expect_intact(written);
}

TEST(BatchNorm, HasTheGradientThatDifferencesShow) {
  for_each_isa([] {
    check_gradient(Norm(3, 4, 5, 3), kPanels);
    check_gradient(Norm(4, 5, 3, 2), kRows);
    check_gradient(Norm(2, 3, 18, 2), {Layout::Panels, DType::Bfloat16});
  });
}

TEST(BatchNorm, RefusesRowsThatDoNotFit) {
  Norm norm(2, 3, 4, 2);
  Normalized given(norm, kPanels);
  Matrix five(1, 5);
  const Operand gamma = as_row(given.buffers.add(kPanels, five));
  EXPECT_THROW((void)make_batch_moments_merge({.partials = given.partials(),
                                               .x = given.x.shape,
                                               .gamma = gamma,
                                               .beta = std::nullopt,
                                               .mean = given.mean,
                                               .variance = given.variance,
                                               .rows = given.rows()}),
               InvalidArgument);
}

}  // namespace
}  // namespace carnyx::kernels
