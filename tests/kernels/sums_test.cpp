#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/steps.h"

#include "tests/kernels/guarded_buffers.h"
#include "tests/kernels/guarded_matrix.h"

namespace carnyx::kernels {
namespace {

constexpr Format kResult = {Layout::Rows, DType::Float64};

double sum_of(const GuardedMatrix& x,
              std::int64_t valid_rows,
              bool only_valid_rows,
              bool squared = false) {
  GuardedMatrix partials(kResult, {sum_chunks(x.shape())});
  GuardedMatrix result(kResult, {1});
  StepContext context;
  context.valid_rows = valid_rows;

  run_on_pool(*make_sum({.x = x.operand(0),
                         .partials = partials.operand(1),
                         .only_valid_rows = only_valid_rows,
                         .squared = squared}),
              {x.bytes(), partials.bytes()},
              context);
  run_on_pool(*make_sum_partials(partials.operand(0), {result.operand(1)}),
              {partials.bytes(), result.bytes()},
              context);

  EXPECT_TRUE(partials.guards_are_intact() && result.guards_are_intact());
  return result.at(0, 0);
}

TEST(SumAll, CountsValidSamplesInEveryFormat) {
  Rng rng(6);
  for (const DType dtype : {DType::Float32, DType::Bfloat16, DType::Float64}) {
    for (const Layout layout : {Layout::Rows, Layout::Panels}) {
      for (const Shape& shape : {Shape({19, 37}), Shape({19, 16}), Shape({19, 1})}) {
        GuardedMatrix x({layout, dtype}, shape);
        x.fill([&](std::int64_t, std::int64_t) { return double{rng.uniform(-1, 2)}; });
        double valid = 0;
        double all = 0;
        for (std::int64_t row = 0; row < 19; ++row) {
          for (std::int64_t column = 0; column < shape.columns(); ++column) {
            all += x.at(row, column);
            valid += row < 11 ? x.at(row, column) : 0;
          }
        }

        EXPECT_NEAR(sum_of(x, 11, true), valid, 1e-12 * 19 * 37);
        EXPECT_NEAR(sum_of(x, 11, false), all, 1e-12 * 19 * 37);
        EXPECT_NEAR(sum_of(x, 1000, true), all, 1e-12 * 19 * 37);
      }
    }
  }
}

TEST(SumAll, OfSquaresAndInManyChunksIsTheSame) {
  Rng rng(7);
  for (const DType dtype : {DType::Float32, DType::Bfloat16, DType::Float64}) {
    for (const Layout layout : {Layout::Rows, Layout::Panels}) {
      GuardedMatrix x({layout, dtype}, {257, 511});
      x.fill([&](std::int64_t, std::int64_t) { return double{rng.uniform(-1, 2)}; });
      ASSERT_GT(sum_chunks(x.shape()), 4);
      double squares = 0;
      double valid = 0;
      for (std::int64_t row = 0; row < 257; ++row) {
        for (std::int64_t column = 0; column < 511; ++column) {
          squares += x.at(row, column) * x.at(row, column);
          valid += row < 101 ? x.at(row, column) : 0;
        }
      }

      EXPECT_NEAR(sum_of(x, 101, false, true), squares, 1e-12 * 257 * 511);
      EXPECT_NEAR(sum_of(x, 101, true), valid, 1e-12 * 257 * 511);
    }
  }
}

TEST(SumAll, SamplesOfAVectorAreItsElements) {
  for (const Layout layout : {Layout::Rows, Layout::Panels}) {
    GuardedMatrix x({layout, DType::Float32}, {20});
    x.fill([](std::int64_t, std::int64_t column) { return static_cast<double>(column); });

    EXPECT_EQ(sum_of(x, 18, true), 153);
    EXPECT_EQ(sum_of(x, 18, false), 190);
  }
}

TEST(SumAll, SamplesOfAnImageAreItsFirstAxis) {
  for (const Layout layout : {Layout::Rows, Layout::Panels}) {
    GuardedMatrix x({layout, DType::Float32}, {3, 5, 18});
    x.fill([](std::int64_t row, std::int64_t) { return row < 10 ? 1.0 : 100.0; });

    EXPECT_EQ(sum_of(x, 2, true), 2 * 5 * 18);
  }
}

TEST(SumAll, OfNothingIsZero) {
  EXPECT_EQ(sum_of(GuardedMatrix({Layout::Panels, DType::Float32}, {0, 5}), 0, true), 0);
  EXPECT_EQ(sum_of(GuardedMatrix({Layout::Rows, DType::Float32}, {4, 0}), 4, true), 0);
  EXPECT_EQ(sum_of(GuardedMatrix({Layout::Rows, DType::Float32}, {4, 3}), 0, true), 0);
}

TEST(SumPartials, AddsPairsInOrder) {
  GuardedMatrix partials(kResult, {6});
  partials.fill([](std::int64_t, std::int64_t column) { return static_cast<double>(1 << column); });
  GuardedMatrix loss(kResult, {1});
  GuardedMatrix correct(kResult, {1});
  const auto kernel = make_sum_partials(partials.operand(0), {loss.operand(1), correct.operand(2)});

  run_on_pool(*kernel, {partials.bytes(), loss.bytes(), correct.bytes()}, StepContext());

  EXPECT_EQ(loss.at(0, 0), 1 + 4 + 16);
  EXPECT_EQ(correct.at(0, 0), 2 + 8 + 32);
  EXPECT_TRUE(loss.guards_are_intact());
}

}  // namespace
}  // namespace carnyx::kernels
