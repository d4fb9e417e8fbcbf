#include "carnyx/kernels/matmul.h"

#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/kernels/matmul_problem.h"

namespace carnyx::kernels {
namespace {

constexpr std::array kMatmulLayouts = {Layout::Rows, Layout::Panels};
constexpr std::array kFloats = {DType::Float32, DType::Bfloat16};

/// Every pair of formats of a and b, stored once in a format that varies.
void check_formats(Sizes sizes, bool transpose_a, bool transpose_b) {
  std::uint64_t seed = 0;
  for (const Layout a_layout : kMatmulLayouts) {
    for (const Layout b_layout : kMatmulLayouts) {
      for (const DType a_dtype : kFloats) {
        for (const DType b_dtype : kFloats) {
          Problem problem(sizes,
                          transpose_a,
                          transpose_b,
                          {a_layout, a_dtype},
                          {b_layout, b_dtype},
                          Rng(++seed));
          const Operand c = problem.store(kMatmulLayouts[seed / 2 % 2], kFloats[seed % 2]);
          SCOPED_TRACE(describe(problem.spec.a) + " by " + describe(problem.spec.b) + " into " +
                       describe(c));

          problem.run();

          expect_near(problem.c, problem.buffers.read(c), tolerance(sizes.k, c.format.dtype));
          problem.buffers.expect_intact(c);
        }
      }
    }
  }
}

TEST(Matmul, AgreesWithDoubleLoopsInEveryOrientationAndFormat) {
  for_each_isa([] {
    for (const Sizes sizes :
         {Sizes{1, 1, 1}, Sizes{17, 15, 16}, Sizes{16, 33, 17}, Sizes{37, 50, 43}}) {
      check_formats(sizes, false, false);
      check_formats(sizes, false, true);
      check_formats(sizes, true, false);
      check_formats(sizes, true, true);
    }
  });
}

TEST(Matmul, AgreesWithDoubleLoopsOnRandomShapes) {
  for_each_isa([] {
    Rng rng(3);
    for (int i = 0; i < 60; ++i) {
      const auto size = [&](std::uint64_t most) {
        return static_cast<std::int64_t>(rng.below(most));
      };
      const Sizes sizes{size(150), size(70), size(90)};
      Problem problem(sizes, i % 2 == 0, i % 4 < 2);
      const Operand c = problem.store(Layout::Panels, DType::Float32);
      SCOPED_TRACE(describe(problem.spec.a) + " by " + describe(problem.spec.b));

      problem.run();

      expect_near(problem.c, problem.buffers.read(c), tolerance(sizes.k, DType::Float32));
      problem.buffers.expect_intact(c);
    }
  });
}

TEST(Matmul, AgreesWithDoubleLoopsOverManyChunksAndBlocksOfK) {
  for_each_isa([] {
    for (const int orientation : {0, 1, 2, 3}) {
      for (const DType dtype : kFloats) {
        const Sizes sizes{301, 41, 530};
        Problem problem(sizes,
                        orientation / 2 == 1,
                        orientation % 2 == 1,
                        {Layout::Panels, dtype},
                        {Layout::Panels, dtype},
                        Rng(1));
        const Operand c = problem.store(Layout::Rows, DType::Float32);
        ASSERT_GT(make_matmul(problem.spec)->chunks(), 4);

        problem.run({}, ChunkOrder::Shuffled);

        expect_near(problem.c, problem.buffers.read(c), tolerance(sizes.k, DType::Float32));
        problem.buffers.expect_intact(c);
      }
    }
  });
}

TEST(Matmul, OfNoProductsIsZero) {
  for_each_isa([] {
    Problem problem({5, 18, 0}, false, true, {Layout::Rows}, {Layout::Panels}, Rng(1));
    const Operand c = problem.store(Layout::Panels, DType::Float32);

    problem.run();

    expect_near(Matrix(5, 18), problem.buffers.read(c), 0);
    problem.buffers.expect_intact(c);
  });
}

TEST(Matmul, OfNoColumnsHasNoChunks) {
  Problem problem({5, 0, 4}, false, false);

  EXPECT_EQ(make_matmul(problem.spec)->chunks(), 0);
}

TEST(Matmul, GivesTheSameBitsWhateverTheOrderOfItsChunks) {
  for_each_isa([] {
    Problem problem({300, 70, 300}, true, true);
    const Operand c = problem.store(Layout::Panels, DType::Float32);
    problem.run();
    const std::vector<std::byte> expected = problem.buffers.content(c);

    for (const ChunkOrder order :
         {ChunkOrder::Forward, ChunkOrder::Backward, ChunkOrder::Shuffled}) {
      problem.run({}, order);

      EXPECT_EQ(problem.buffers.content(c), expected);
    }
  });
}

TEST(Matmul, CutsMoreWorkIntoMoreChunksAndLittleIntoOne) {
  Problem little({8, 16, 8}, false, false);
  Problem tall({4096, 10, 512}, false, false);

  EXPECT_EQ(make_matmul(little.spec)->chunks(), 1);
  EXPECT_GE(make_matmul(tall.spec)->chunks(), 8);
}

TEST(Matmul, NanInARowOfAStaysInThatRow) {
  for_each_isa([] {
    Problem problem({40, 20, 20}, false, false);
    problem.a.at(33, 4) = std::nan("");
    problem.spec.a = problem.buffers.add(Layout::Panels, DType::Float32, problem.a);
    const Operand c = problem.store(Layout::Panels, DType::Bfloat16);

    problem.run();

    const Matrix actual = problem.buffers.read(c);
    for (std::int64_t row = 0; row < 40; ++row) {
      EXPECT_EQ(std::isnan(actual.at(row, 19)), row == 33) << "row " << row;
    }
    problem.buffers.expect_intact(c);
  });
}

TEST(Matmul, MovesAWeightByItsScaledGradient) {
  const StepContext context = step_context(4, 0.125, 0.5);
  for_each_isa([&] {
    for (const Layout layout : kMatmulLayouts) {
      for (const std::int64_t columns : {16, 30}) {
        Problem problem({150, columns, 40}, true, false);
        Update update(problem.buffers, layout, 150, columns);
        problem.spec.update = update.target;

        problem.run(context, ChunkOrder::Backward);

        update.check(problem.buffers, problem.c, 0.125, context);
      }
    }
  });
}

TEST(Matmul, StagesSeeTheUnscaledGradientAndShapeTheUpdate) {
  const StepContext context = step_context(0, 0.25, 1);
  for_each_isa([&] {
    Problem problem({20, 21, 40}, true, false);
    Update update(problem.buffers, Layout::Panels, 20, 21);
    problem.spec.update = update.target;
    const Operand raw = problem.store(Layout::Rows, DType::Float32);
    problem.spec.stages.push_back({.kind = StageKind::Shift, .operand = {}, .alpha = 3});

    problem.run(context);

    expect_near(problem.c, problem.buffers.read(raw), tolerance(40, DType::Float32));
    for (double& value : problem.c.values) value += 3;
    update.check(problem.buffers, problem.c, 0.25, context);
  });
}

TEST(Matmul, SumsTheColumnsOfBBesideTheProduct) {
  const StepContext context = step_context(0, 0.5, 0.1);
  for_each_isa([&] {
    for (const std::int64_t k : {0, 3, 67}) {
      for (const bool transpose_b : {false, true}) {
        for (const Layout layout : kMatmulLayouts) {
          Problem problem({300, 35, k}, true, transpose_b);
          Matrix sums(1, 35);
          for (std::int64_t row = 0; row < k; ++row) {
            for (std::int64_t column = 0; column < 35; ++column) {
              sums.at(0, column) +=
                  transpose_b ? problem.b.at(column, row) : problem.b.at(row, column);
            }
          }
          Update update(problem.buffers, layout, 1, 35);
          const Operand stored = problem.buffers.add_garbage(layout, DType::Float32, 1, 35);
          problem.spec.column_sum = ColumnSum{stored, update.target};
          const Operand c = problem.store(Layout::Panels, DType::Float32);

          problem.run(context);

          expect_near(sums, problem.buffers.read(stored), tolerance(k, DType::Float32));
          update.check(problem.buffers, sums, 0.5, context);
          expect_near(problem.c, problem.buffers.read(c), tolerance(k, DType::Float32));
          problem.buffers.expect_intact(stored);
        }
      }
    }
  });
}

TEST(Matmul, SumsTheColumnsOfBEvenWithoutRowsOfA) {
  Problem problem({0, 3, 2}, true, false);
  const Operand sums = problem.buffers.add_garbage(Layout::Rows, DType::Float32, 1, 3);
  problem.spec.column_sum = ColumnSum{.store = sums, .update = {}};

  problem.run();

  EXPECT_NEAR(problem.buffers.read(sums).at(0, 2), problem.b.at(0, 2) + problem.b.at(1, 2), 1e-6);
}

TEST(Matmul, RefusesOperandsOfAnotherShape) {
  Problem problem({4, 5, 6}, false, false);
  MatmulSpec spec = problem.spec;
  spec.transpose_a = true;
  EXPECT_THROW((void)make_matmul(spec), InvalidArgument);

  spec = problem.spec;
  spec.b.format.dtype = DType::Float64;
  EXPECT_THROW((void)make_matmul(spec), InvalidArgument);

  spec = problem.spec;
  spec.k = -1;
  EXPECT_THROW((void)make_matmul(spec), InvalidArgument);
}

TEST(Matmul, RefusesAnUpdateWithoutItsSlots) {
  Problem problem({4, 5, 6}, false, false);
  Update update(problem.buffers, Layout::Rows, 4, 5);
  problem.spec.update = update.target;
  problem.spec.update->slots.pop_back();

  EXPECT_THROW((void)make_matmul(problem.spec), InvalidArgument);
}

}  // namespace
}  // namespace carnyx::kernels
