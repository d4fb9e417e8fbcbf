#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/steps.h"

#include "tests/kernels/guarded_buffers.h"
#include "tests/kernels/guarded_matrix.h"

namespace carnyx::kernels {
namespace {

constexpr std::array kReorderLayouts = {Layout::Rows, Layout::Panels};
constexpr std::array kTypes = {
    DType::Float32, DType::Float64, DType::Bfloat16, DType::Uint8, DType::Int32, DType::Int64};

/// Fractions, so that truncation shows; in the range of every dtype.
GuardedMatrix random_source(Format format, const Shape& shape) {
  Rng rng(5);
  GuardedMatrix source(format, shape);
  source.fill([&](std::int64_t, std::int64_t) { return double{rng.uniform(0, 255)}; });
  return source;
}

void check_reorder(Format from, Format to, const Shape& shape) {
  const GuardedMatrix source = random_source(from, shape);
  GuardedMatrix target(to, shape);
  SCOPED_TRACE(describe(source.operand(0)) + " to " + describe(target.operand(1)));

  run_on_pool(*make_reorder(source.operand(0), target.operand(1)),
              {source.bytes(), target.bytes()},
              StepContext(),
              2);

  for (std::int64_t row = 0; row < shape.rows(); ++row) {
    for (std::int64_t column = 0; column < shape.columns(); ++column) {
      ASSERT_EQ(target.at(row, column), rounded(source.at(row, column), to.dtype))
          << "at " << row << ", " << column;
    }
  }
  EXPECT_TRUE(target.padding_is_zero());
  EXPECT_TRUE(target.guards_are_intact());
}

TEST(Reorder, KeepsValuesBetweenAllFormats) {
  for (const DType from : kTypes) {
    for (const DType to : kTypes) {
      for (const Layout from_layout : kReorderLayouts) {
        for (const Layout to_layout : kReorderLayouts) {
          check_reorder({from_layout, from}, {to_layout, to}, {67, 35});
        }
      }
    }
  }
}

TEST(Reorder, TakesAnyShape) {
  for_each_isa([] {
    for (const Shape& shape : {Shape({1, 1}),
                               Shape({0, 7}),
                               Shape({7, 0}),
                               Shape({64, 16}),
                               Shape({130, 600}),
                               Shape({33}),
                               Shape(),
                               Shape({3, 5, 17})}) {
      check_reorder({Layout::Rows, DType::Float32}, {Layout::Panels, DType::Bfloat16}, shape);
      check_reorder({Layout::Panels, DType::Bfloat16}, {Layout::Rows, DType::Float32}, shape);
      check_reorder({Layout::Rows, DType::Float64}, {Layout::Panels, DType::Float32}, shape);
    }
  });
}

TEST(Reorder, NanAndInfinitySurviveBfloat16) {
  for_each_isa([] {
    for (const Layout layout : kReorderLayouts) {
      GuardedMatrix source({Layout::Rows, DType::Float32}, {1, 16});
      source.fill([](std::int64_t, std::int64_t column) {
        return column % 2 == 0 ? std::numeric_limits<double>::quiet_NaN()
                               : std::numeric_limits<double>::infinity();
      });
      GuardedMatrix target({layout, DType::Bfloat16}, {1, 16});

      run_on_pool(*make_reorder(source.operand(0), target.operand(1)),
                  {source.bytes(), target.bytes()},
                  StepContext());

      for (std::int64_t column = 0; column < 16; ++column) {
        EXPECT_EQ(std::isnan(target.at(0, column)), column % 2 == 0);
        EXPECT_EQ(std::isinf(target.at(0, column)), column % 2 != 0);
      }
    }
  });
}

}  // namespace
}  // namespace carnyx::kernels
