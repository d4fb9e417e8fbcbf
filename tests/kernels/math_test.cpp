#include "carnyx/kernels/math.h"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace carnyx::kernels {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<UnaryKind> all_unary() {
  std::vector<UnaryKind> kinds;
  for (int i = 0; i <= static_cast<int>(UnaryKind::Mish); ++i) {
    kinds.push_back(static_cast<UnaryKind>(i));
  }
  return kinds;
}

bool needs_positive(UnaryKind kind) {
  return kind == UnaryKind::Sqrt || kind == UnaryKind::Rsqrt || kind == UnaryKind::Log ||
         kind == UnaryKind::Log1p || kind == UnaryKind::Reciprocal;
}

TEST(UnaryMath, GivesKerasValues) {
  struct Case {
    UnaryKind kind;
    double x, alpha, expected;
  };
  // keras.activations' formulas, evaluated with Python's math module.
  const std::vector<Case> cases = {
      {UnaryKind::Relu6, 7, 1, 6},
      {UnaryKind::Relu6, -1, 1, 0},
      {UnaryKind::LeakyRelu, -2, 0.2, -0.4},
      {UnaryKind::Elu, -1, 0.5, -0.31606027941427883},
      {UnaryKind::Selu, 1, 1, 1.0507009873554805},
      {UnaryKind::Selu, -1, 1, -1.1113307378125627},
      {UnaryKind::Gelu, 1, 1, 0.8413447460685429},
      {UnaryKind::Gelu, -1, 1, -0.15865525393145707},
      {UnaryKind::GeluTanh, 1, 1, 0.8411919906082768},
      {UnaryKind::Silu, 1, 1, 0.7310585786300049},
      {UnaryKind::HardSigmoid, 1, 1, 0.6666666666666666},
      {UnaryKind::HardSigmoid, 4, 1, 1},
      {UnaryKind::HardSilu, -1, 1, -0.3333333333333333},
      {UnaryKind::Softplus, 0, 1, 0.6931471805599453},
      {UnaryKind::Softplus, 800, 1, 800},
      {UnaryKind::Softplus, -800, 1, 0},
      {UnaryKind::Softsign, -3, 1, -0.75},
      {UnaryKind::Mish, 1, 1, 0.8650983882673103},
      {UnaryKind::Sigmoid, -800, 1, 0},
      {UnaryKind::Rsqrt, 4, 1, 0.5},
      {UnaryKind::Sign, -3, 1, -1},
      {UnaryKind::Sign, 0, 1, 0},
  };
  for (const Case& c : cases) {
    EXPECT_NEAR(evaluate(c.kind, c.x, c.alpha), c.expected, 1e-15 + 1e-15 * std::abs(c.expected))
        << name_of(c.kind) << "(" << c.x << ")";
  }
}

TEST(UnaryMath, LetsNanThrough) {
  for (const UnaryKind kind : all_unary()) {
    EXPECT_TRUE(std::isnan(evaluate(kind, kNan, 0.2))) << name_of(kind);
  }
}

TEST(UnaryMath, DerivativeIsTheSlope) {
  constexpr double kStep = 1e-6;
  for (const UnaryKind kind : all_unary()) {
    for (const double x : {-5.3, -2.1, -0.7, -0.01, 0.02, 0.4, 1.7, 3.6, 7.2}) {
      if (needs_positive(kind) && x < 0.1) continue;
      const double slope =
          (evaluate(kind, x + kStep, 0.3) - evaluate(kind, x - kStep, 0.3)) / (2 * kStep);

      const double d = derivative(kind, x, evaluate(kind, x, 0.3), 0.3);

      EXPECT_NEAR(d, slope, 1e-7 * std::max(1.0, std::abs(slope))) << name_of(kind) << " at " << x;
    }
  }
}

TEST(UnaryMath, DerivativeFromOutputIgnoresTheInput) {
  for (const UnaryKind kind : all_unary()) {
    if (!derivative_from_output(kind)) continue;
    const double x = 0.8;
    const double y = evaluate(kind, x, 0.3);
    EXPECT_EQ(derivative(kind, kNan, y, 0.3), derivative(kind, x, y, 0.3)) << name_of(kind);
  }
}

TEST(UnaryMath, SlopeOfReluAtZeroIsZero) {
  EXPECT_EQ(derivative(UnaryKind::Relu, 0, 0, 1), 0);
  EXPECT_EQ(derivative(UnaryKind::Relu6, 6, 6, 1), 0);
}

TEST(UnaryMath, NamesAreKerasNamesAndUnique) {
  std::set<std::string_view> names;
  for (const UnaryKind kind : all_unary()) names.insert(name_of(kind));

  EXPECT_EQ(names.size(), all_unary().size());
  EXPECT_EQ(name_of(UnaryKind::LeakyRelu), "leaky_relu");
  EXPECT_EQ(name_of(UnaryKind::HardSigmoid), "hard_sigmoid");
  EXPECT_EQ(name_of(UnaryKind::Mish), "mish");
}

TEST(BinaryMath, FollowsNumpy) {
  EXPECT_EQ(evaluate(BinaryKind::Subtract, 5, 3), 2);
  EXPECT_EQ(evaluate(BinaryKind::Divide, 1, 4), 0.25);
  EXPECT_EQ(evaluate(BinaryKind::Maximum, -1, 2), 2);
  EXPECT_EQ(evaluate(BinaryKind::Minimum, -1, 2), -1);
  EXPECT_EQ(evaluate(BinaryKind::Greater, 2, 2), 0);
  EXPECT_EQ(evaluate(BinaryKind::GreaterEqual, 2, 2), 1);
  EXPECT_EQ(evaluate(BinaryKind::Equal, kNan, kNan), 0);
  EXPECT_TRUE(std::isnan(evaluate(BinaryKind::Maximum, kNan, 1)));
  EXPECT_TRUE(std::isnan(evaluate(BinaryKind::Maximum, 1, kNan)));
  EXPECT_TRUE(std::isnan(evaluate(BinaryKind::Minimum, kNan, 1)));
  EXPECT_EQ(name_of(BinaryKind::GreaterEqual), "greater_equal");
}

TEST(Dropout, ThresholdRoundsTheRate) {
  EXPECT_EQ(dropout_threshold(0), 0U);
  EXPECT_EQ(dropout_threshold(0.2), 13107U);
  EXPECT_EQ(dropout_threshold(0.5), 32768U);
  EXPECT_EQ(dropout_threshold(1), 65536U);
}

TEST(Dropout, KeepsAllAtThresholdZeroAndNoneAtTheTop) {
  for (std::int64_t column = 0; column < 100; ++column) {
    EXPECT_TRUE(dropout_keeps(1, 2, 3, 4, column, 0));
    EXPECT_FALSE(dropout_keeps(1, 2, 3, 4, column, 65536));
  }
}

double fraction_kept(std::uint32_t threshold) {
  int kept = 0;
  for (std::int64_t row = 0; row < 200; ++row) {
    for (std::int64_t column = 0; column < 200; ++column) {
      kept += dropout_keeps(7, 11, 0, row, column, threshold) ? 1 : 0;
    }
  }
  return kept / 40000.0;
}

TEST(Dropout, KeepsTheFractionAskedFor) {
  EXPECT_NEAR(fraction_kept(dropout_threshold(0.2)), 0.8, 0.01);
  EXPECT_NEAR(fraction_kept(dropout_threshold(0.5)), 0.5, 0.01);
}

std::string mask(std::uint64_t seed, std::uint32_t stream, std::int64_t step, std::int64_t row) {
  std::string kept;
  for (std::int64_t column = 0; column < 32; ++column) {
    kept += dropout_keeps(seed, stream, step, row, column, 32768) ? '1' : '0';
  }
  return kept;
}

TEST(Dropout, DrawsAnewForEachSeedStreamStepAndRow) {
  const std::set<std::string> masks = {
      mask(1, 1, 1, 1), mask(2, 1, 1, 1), mask(1, 2, 1, 1), mask(1, 1, 2, 1), mask(1, 1, 1, 2)};

  EXPECT_EQ(masks.size(), 5U);
  EXPECT_EQ(mask(1, 1, 1, 1), mask(1, 1, 1, 1));
}

/// Of n draws mean and variance scatter by sqrt(1 / n) and sqrt(2 / n); five times that is allowed.
TEST(NormalDraw, HasTheMomentsAndTailsOfTheNormalDistribution) {
  constexpr std::int64_t kDrawnRows = 2000, kColumns = 100;
  double sum = 0, squares = 0, products = 0;
  std::int64_t within_one = 0, beyond_three = 0;
  for (std::int64_t row = 0; row < kDrawnRows; ++row) {
    double before = 0;
    for (std::int64_t column = 0; column < kColumns; ++column) {
      const double draw = normal_draw(3, 7, 11, row, column);
      sum += draw;
      squares += draw * draw;
      products += draw * before;
      before = draw;
      within_one += std::abs(draw) < 1 ? 1 : 0;
      beyond_three += std::abs(draw) > 3 ? 1 : 0;
    }
  }
  constexpr double kDraws = kDrawnRows * kColumns;
  EXPECT_NEAR(sum / kDraws, 0, 5 * std::sqrt(1 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 5 * std::sqrt(2 / kDraws));
  EXPECT_NEAR(products / kDraws, 0, 5 * std::sqrt(1 / kDraws));
  EXPECT_NEAR(static_cast<double>(within_one) / kDraws, 0.68269, 0.0052);
  EXPECT_NEAR(static_cast<double>(beyond_three) / kDraws, 0.0027, 0.0006);
}

TEST(NormalDraw, DependsOnSeedStreamStepRowAndColumn) {
  const double draw = normal_draw(1, 2, 3, 4, 5);
  EXPECT_NE(draw, normal_draw(9, 2, 3, 4, 5));
  EXPECT_NE(draw, normal_draw(1, 9, 3, 4, 5));
  EXPECT_NE(draw, normal_draw(1, 2, 9, 4, 5));
  EXPECT_NE(draw, normal_draw(1, 2, 3, 9, 5));
  EXPECT_NE(draw, normal_draw(1, 2, 3, 4, 9));
}

}  // namespace
}  // namespace carnyx::kernels
