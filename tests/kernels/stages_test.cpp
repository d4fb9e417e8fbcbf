// The stages, run one at a time by elementwise kernels.
#include <limits>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/matmul.h"
#include "carnyx/kernels/stage.h"

#include "tests/kernels/guarded_buffers.h"

namespace carnyx::kernels {
namespace {

constexpr std::array kStageLayouts = {Layout::Rows, Layout::Panels};
constexpr float kFloatNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// `stage` on x, stored as float32 in x's layout.
Matrix apply(GuardedBuffers& buffers,
             const Operand& x,
             const Stage& stage,
             const StepContext& context = {}) {
  const Operand y =
      buffers.add_garbage(x.format.layout, DType::Float32, x.shape.rows(), x.shape.columns());
  const Stage store{.kind = StageKind::Store, .operand = y};
  run_chunks(*make_elementwise(x, {stage, store}), buffers, context);
  buffers.expect_intact(y);
  return buffers.read(y);
}

Matrix apply(const Stage& stage, Matrix x, const StepContext& context = {}) {
  GuardedBuffers buffers;
  return apply(buffers, buffers.add(Layout::Panels, DType::Float32, x), stage, context);
}

/// Relative error, down to where factors of the result are no normal floats.
void expect_close(double expected, double actual, double relative) {
  if (std::isnan(expected)) {
    ASSERT_TRUE(std::isnan(actual)) << "got " << actual;
  } else if (std::abs(expected) > std::numeric_limits<float>::max()) {
    ASSERT_EQ(actual, std::copysign(static_cast<double>(kInfinity), expected));
  } else {
    constexpr double kSmallest = 1e-36;
    ASSERT_NEAR(expected, actual, relative * std::max(std::abs(expected), kSmallest));
  }
}

/// Numbers of every size and both signs, and the neighbourhoods of the functions' bends.
Matrix varied_numbers() {
  constexpr std::array kSpecial = {0.0F,
                                   -0.0F,
                                   1.0F,
                                   -1.0F,
                                   3.0F,
                                   -3.0F,
                                   6.0F,
                                   -6.0F,
                                   88.0F,
                                   -88.0F,
                                   104.0F,
                                   -104.0F,
                                   1e30F,
                                   -1e30F,
                                   1e-30F,
                                   -1e-30F,
                                   kFloatNan,
                                   kInfinity};
  Matrix x(1000, 17);
  Rng rng(2);
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const float sign = i % 2 == 0 ? 1.0F : -1.0F;
    const float size = std::exp(rng.uniform(-12.0F, 5.0F));
    const float bend = kSpecial[rng.below(6)] + rng.uniform(-1e-3F, 1e-3F);
    x.values[i] = i < kSpecial.size() ? kSpecial[i] : i % 5 == 0 ? bend : sign * size;
  }
  return x;
}

/// math.h's, but without the cancellation of 1 + tanh(u) where that is tiny.
double defined(UnaryKind kind, double x, double alpha) {
  if (kind != UnaryKind::GeluTanh) return evaluate(kind, x, alpha);
  const double u = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * u));
}

TEST(Stages, UnaryFunctionsAreWithinTwoMillionthsOfTheirDefinition) {
  for_each_isa([] {
    for (int i = 0; i <= static_cast<int>(UnaryKind::Mish); ++i) {
      const auto kind = static_cast<UnaryKind>(i);
      SCOPED_TRACE(name_of(kind));
      const Matrix x = varied_numbers();
      const Stage stage{.kind = StageKind::Unary, .operand = {}, .unary = kind, .alpha = 0.3F};

      const Matrix y = apply(stage, x);

      for (std::size_t j = 0; j < x.values.size(); ++j) {
        ASSERT_NO_FATAL_FAILURE(
            expect_close(defined(kind, x.values[j], static_cast<double>(0.3F)), y.values[j], 2e-6))
            << "at " << x.values[j];
      }
    }
  });
}

TEST(Stages, UnaryGradientsMultiplyByTheDerivativeAtTheResult) {
  for_each_isa([] {
    Rng rng(4);
    Matrix slope = random_matrix(40, 19, rng);
    Matrix x = random_matrix(40, 19, rng);
    for (int i = 0; i <= static_cast<int>(UnaryKind::Mish); ++i) {
      const auto kind = static_cast<UnaryKind>(i);
      if (!derivative_from_output(kind)) continue;
      SCOPED_TRACE(name_of(kind));
      GuardedBuffers buffers;
      Matrix y(40, 19);
      const bool positive = kind == UnaryKind::Sqrt || kind == UnaryKind::Rsqrt;
      for (std::size_t j = 0; j < y.values.size(); ++j) {
        y.values[j] =
            evaluate(kind, positive ? 0.1 + std::abs(x.values[j]) : 5 * x.values[j], 0.25);
      }
      const Operand given = buffers.add(Layout::Rows, DType::Float32, slope);
      Stage stage{.kind = StageKind::UnaryGradient, .operand = {}, .unary = kind, .alpha = 0.25F};
      stage.operand = buffers.add(Layout::Panels, DType::Float32, y);

      const Matrix actual = apply(buffers, given, stage);

      for (std::size_t j = 0; j < y.values.size(); ++j) {
        const double expected = slope.values[j] * derivative(kind, 0, y.values[j], 0.25);
        ASSERT_NO_FATAL_FAILURE(expect_close(expected, actual.values[j], 3e-6)) << y.values[j];
      }
    }
  });
}

/// math.h's, but without the cancellation of 1 + tanh(u) and 1 - tanh(u)^2 where those are tiny.
double defined_derivative(UnaryKind kind, double x) {
  if (kind != UnaryKind::GeluTanh) return derivative(kind, x, 0, 0);
  const double factor = std::sqrt(2 / std::acos(-1.0));
  const double z = std::exp(-2 * factor * (x + 0.044715 * x * x * x));
  if (std::isinf(z)) return 0;
  const double rise = 2 * factor * (1 + 3 * 0.044715 * x * x);
  return 1 / (1 + z) + (x * rise) * (z / (1 + z)) / (1 + z);
}

/// Where smooth gates' derivatives cross zero, they are differences of terms of about 0.3.
double tolerated_error(double x) {
  return x > -2 && x < -0.5 ? 3e-7 : 0;
}

TEST(Stages, UnaryGradientsMultiplyByTheDerivativeAtTheArgumentWhereThatIsNeeded) {
  for_each_isa([] {
    for (int i = 0; i <= static_cast<int>(UnaryKind::Mish); ++i) {
      const auto kind = static_cast<UnaryKind>(i);
      if (derivative_from_output(kind)) continue;
      SCOPED_TRACE(name_of(kind));
      GuardedBuffers buffers;
      const Matrix x = varied_numbers();
      Matrix argument = x, slope = x;
      std::fill(slope.values.begin(), slope.values.end(), -2.0);
      const Operand given = buffers.add(Layout::Rows, DType::Float32, slope);
      Stage stage{.kind = StageKind::UnaryGradient, .operand = {}, .unary = kind};
      stage.operand = buffers.add(Layout::Panels, DType::Float32, argument);

      const Matrix actual = apply(buffers, given, stage);

      for (std::size_t j = 0; j < x.values.size(); ++j) {
        if (std::isinf(x.values[j])) continue;  // activations have diverged before
        const double expected = -2 * defined_derivative(kind, x.values[j]);
        if (std::abs(expected - actual.values[j]) <= tolerated_error(x.values[j])) continue;
        ASSERT_NO_FATAL_FAILURE(expect_close(expected, actual.values[j], 3e-6)) << x.values[j];
      }
    }
  });
}

TEST(Stages, BinaryFunctionsAgreeWithTheirDefinitionEitherWayRound) {
  for_each_isa([] {
    for (int i = 0; i <= static_cast<int>(BinaryKind::GreaterEqual); ++i) {
      const auto kind = static_cast<BinaryKind>(i);
      SCOPED_TRACE(name_of(kind));
      for (const bool swapped : {false, true}) {
        for (const Layout layout : kStageLayouts) {
          GuardedBuffers buffers;
          Rng rng(9);
          Matrix x = random_matrix(21, 18, rng), y = random_matrix(21, 18, rng);
          x.at(3, 17) = kFloatNan, y.at(4, 17) = kFloatNan, y.at(5, 5) = x.at(5, 5);
          const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
          Stage stage{.kind = StageKind::Binary, .operand = {}, .binary = kind, .swapped = swapped};
          stage.operand = buffers.add(layout, DType::Bfloat16, y);

          const Matrix actual = apply(buffers, given, stage);

          for (std::size_t j = 0; j < x.values.size(); ++j) {
            const double a = x.values[j], b = y.values[j];
            const double expected = swapped ? evaluate(kind, b, a) : evaluate(kind, a, b);
            ASSERT_NO_FATAL_FAILURE(expect_close(expected, actual.values[j], 1e-6));
          }
        }
      }
    }
  });
}

TEST(Stages, BinaryRowJoinsTheSameRowToEveryRow) {
  for_each_isa([] {
    for (const Layout layout : kStageLayouts) {
      for (int i = 0; i <= static_cast<int>(BinaryKind::GreaterEqual); ++i) {
        const auto kind = static_cast<BinaryKind>(i);
        GuardedBuffers buffers;
        Rng rng(1);
        Matrix x = random_matrix(200, 37, rng), row = random_matrix(1, 37, rng);
        const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
        const bool swapped = i % 2 == 1;
        Stage stage{
            .kind = StageKind::BinaryRow, .operand = {}, .binary = kind, .swapped = swapped};
        stage.operand = buffers.add(layout, DType::Float32, row);
        stage.operand.shape = Shape({37});

        const Matrix y = apply(buffers, given, stage);

        for (std::int64_t at = 0; at < 200; ++at) {
          for (const std::int64_t column : {2, 36}) {
            const double a = x.at(at, column), b = row.at(0, column);
            const double expected = swapped ? evaluate(kind, b, a) : evaluate(kind, a, b);
            ASSERT_NO_FATAL_FAILURE(expect_close(expected, y.at(at, column), 1e-6));
          }
        }
      }
    }
  });
}

TEST(Stages, ScaleAndShiftUseAlpha) {
  for_each_isa([] {
    const Stage scale{.kind = StageKind::Scale, .operand = {}, .alpha = -2};
    const Stage shift{.kind = StageKind::Shift, .operand = {}, .alpha = 3};
    Matrix x(2, 17);
    x.at(1, 16) = 5;

    EXPECT_EQ(apply(scale, x).at(1, 16), -10);
    EXPECT_EQ(apply(shift, x).at(1, 16), 8);
  });
}

TEST(Stages, GateLetsThroughWhereItsOperandIsPositive) {
  for_each_isa([] {
    GuardedBuffers buffers;
    Matrix x(1, 5), y(1, 5);
    x.values = {1, 2, kFloatNan, 4, kFloatNan};
    y.values = {0.5, 0, -1, kFloatNan, 1};
    const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
    Stage stage{.kind = StageKind::Gate, .operand = {}, .alpha = 1.5F};
    stage.operand = buffers.add(Layout::Rows, DType::Float32, y);

    const Matrix actual = apply(buffers, given, stage);

    EXPECT_EQ(actual.at(0, 0), 1.5);
    EXPECT_EQ(actual.at(0, 1), 0);
    EXPECT_EQ(actual.at(0, 2), 0) << "a closed gate stops NaN";
    EXPECT_EQ(actual.at(0, 3), 0) << "NaN is not positive";
    EXPECT_TRUE(std::isnan(actual.at(0, 4)));
  });
}

TEST(Stages, DropoutKeepsWhatItsDefinitionKeeps) {
  StepContext context;
  context.seed = 0x123456789ABCDEF0U;
  context.step = 77;
  context.first_row = (std::int64_t{1} << 32) - 100;  // the row's counter wraps within the batch
  for_each_isa([&] {
    for (const std::uint32_t threshold : {0U, 1U, 13107U, 65536U}) {
      Matrix x(203, 37);
      std::fill(x.values.begin(), x.values.end(), 1.0);
      const Stage stage{.kind = StageKind::Dropout,
                        .operand = {},
                        .alpha = 1.25F,
                        .stream = 0xDEADBEEFU,
                        .threshold = threshold};

      const Matrix y = apply(stage, x, context);

      for (std::int64_t row = 0; row < x.rows; ++row) {
        for (std::int64_t column = 0; column < x.columns; ++column) {
          const bool kept = dropout_keeps(
              context.seed, stage.stream, context.step, context.first_row + row, column, threshold);
          ASSERT_EQ(y.at(row, column), kept ? 1.25 : 0) << row << ", " << column;
        }
      }
    }
  });
}

TEST(Stages, NoiseAddsTheDrawsOfItsDefinition) {
  StepContext context;
  context.seed = 0x123456789ABCDEF0U;
  context.step = 77;
  context.first_row = (std::int64_t{1} << 32) - 100;  // the row's counter wraps within the batch
  for_each_isa([&] {
    Matrix x(203, 37);
    std::fill(x.values.begin(), x.values.end(), 1.0);
    const Stage stage{
        .kind = StageKind::Noise, .operand = {}, .alpha = 0.5F, .stream = 0xDEADBEEFU};

    const Matrix y = apply(stage, x, context);

    for (std::int64_t row = 0; row < x.rows; ++row) {
      for (std::int64_t column = 0; column < x.columns; ++column) {
        const double draw =
            normal_draw(context.seed, stage.stream, context.step, context.first_row + row, column);
        ASSERT_NEAR(y.at(row, column), 1 + 0.5 * draw, 2e-6) << row << ", " << column;
      }
    }
  });
}

TEST(Stages, DropoutStopsNanWhereItDrops) {
  const Stage stage{
      .kind = StageKind::Dropout, .operand = {}, .alpha = 2, .stream = 1, .threshold = 65536};
  Matrix x(1, 1);
  x.at(0, 0) = kFloatNan;

  EXPECT_EQ(apply(stage, x).at(0, 0), 0);
}

TEST(Stages, RowMaskClearsRowsPastTheValidOnesEvenOfNan) {
  for_each_isa([] {
    for (const std::int64_t valid : {0, 1, 128, 131, 200}) {
      Matrix x(150, 3);
      for (double& value : x.values) value = kFloatNan;
      StepContext context;
      context.valid_rows = valid;

      const Matrix y = apply({.kind = StageKind::RowMask, .operand = {}}, x, context);

      for (std::int64_t row = 0; row < 150; ++row) {
        ASSERT_EQ(std::isnan(y.at(row, 2)), row < valid) << row << " of " << valid;
      }
    }
  });
}

TEST(Stages, StoreRoundsToBfloat16AsTheDtypeDoes) {
  for_each_isa([] {
    for (const Layout layout : kStageLayouts) {
      GuardedBuffers buffers;
      Matrix x = varied_numbers();
      const Operand given = buffers.add(Layout::Rows, DType::Float32, x);
      const Operand to = buffers.add_garbage(layout, DType::Bfloat16, x.rows, x.columns);

      run_chunks(
          *make_elementwise(given, {{.kind = StageKind::Store, .operand = to}}), buffers, {});

      const Matrix y = buffers.read(to);
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        const double expected = rounded(x.values[i], DType::Bfloat16);
        ASSERT_TRUE(y.values[i] == expected || (std::isnan(expected) && std::isnan(y.values[i])))
            << x.values[i];
      }
      buffers.expect_intact(to);
    }
  });
}

TEST(Stages, StoresSeeTheValueOfTheirPlaceInTheList) {
  GuardedBuffers buffers;
  Matrix x(3, 20);
  std::fill(x.values.begin(), x.values.end(), 1.0);
  const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
  const Operand early = buffers.add_garbage(Layout::Panels, DType::Float32, 3, 20);
  const Operand late = buffers.add_garbage(Layout::Panels, DType::Float32, 3, 20);

  run_chunks(*make_elementwise(given,
                               {{.kind = StageKind::Store, .operand = early},
                                {.kind = StageKind::Shift, .operand = {}, .alpha = 1},
                                {.kind = StageKind::Store, .operand = late}}),
             buffers,
             {});

  EXPECT_EQ(buffers.read(early).at(2, 19), 1);
  EXPECT_EQ(buffers.read(late).at(2, 19), 2);
  buffers.expect_intact(early);
  buffers.expect_intact(late);
}

TEST(Stages, RefuseOperandsThatDoNotFit) {
  GuardedBuffers buffers;
  Matrix x(3, 4), narrow(3, 3);
  const Operand given = buffers.add(Layout::Rows, DType::Float32, x);
  const Operand other = buffers.add(Layout::Rows, DType::Float32, narrow);
  const Operand integers = buffers.add(Layout::Rows, DType::Int32, x);

  EXPECT_THROW((void)make_elementwise(given, {{.kind = StageKind::Gate, .operand = other}}),
               InvalidArgument);
  EXPECT_THROW((void)make_elementwise(given, {{.kind = StageKind::BinaryRow, .operand = given}}),
               InvalidArgument);
  EXPECT_THROW((void)make_elementwise(given, {{.kind = StageKind::Store, .operand = integers}}),
               InvalidArgument);
  EXPECT_THROW((void)make_elementwise(given, {{.kind = StageKind::Binary, .operand = {}}}),
               InvalidArgument);
}

TEST(Stages, GroupsOfRowsMeetOneRowOfTheOperandEach) {
  for_each_isa([] {
    for (const auto& [length, columns] : {std::pair{1, 19}, {7, 19}, {140, 19}, {7, 1}, {1, 1}}) {
      GuardedBuffers buffers;
      Rng rng(8);
      Matrix x = random_matrix(280, 19, rng);
      Matrix y = random_matrix(280 / length, columns, rng);
      const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
      const Operand other = buffers.add(Layout::Panels, DType::Bfloat16, y);
      for (const bool swapped : {false, true}) {
        const Stage stage{.kind = StageKind::BinaryGroup,
                          .operand = other,
                          .binary = BinaryKind::Subtract,
                          .swapped = swapped,
                          .rows_per_sample = length};

        const Matrix result = apply(buffers, given, stage);

        for (std::int64_t row = 0; row < x.rows; ++row) {
          for (std::int64_t column = 0; column < x.columns; ++column) {
            const double operand = y.at(row / length, columns == 1 ? 0 : column);
            const double difference = x.at(row, column) - operand;
            ASSERT_NEAR(result.at(row, column), swapped ? -difference : difference, 1e-6);
          }
        }
      }
    }
  });
}

TEST(Stages, RowMaskKeepsTheRowsOfValidSamples) {
  Matrix ones(60, 3);
  for (double& value : ones.values) value = 1;
  const Stage mask{.kind = StageKind::RowMask, .operand = {}, .rows_per_sample = 12};

  const Matrix masked = apply(mask, ones, {.valid_rows = 3});

  for (std::int64_t row = 0; row < 60; ++row) EXPECT_EQ(masked.at(row, 2), row < 36 ? 1 : 0);
}

}  // namespace
}  // namespace carnyx::kernels
