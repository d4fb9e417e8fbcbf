// Products of bfloat16 tiles, held against double loops; skipped where the machine has none.
#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/kernels/isa.h"

#include "tests/kernels/matmul_problem.h"

namespace carnyx::kernels {
namespace {

Format lines(bool transpose_a, int parts) {
  return {transpose_a ? Layout::ColumnTiles : Layout::RowTiles, DType::Bfloat16, parts};
}

/// b is rounded to what tiles multiply: one bfloat16, or two that add up to it.
Problem tile_problem(Sizes sizes, int orientation, int parts, Format b, std::uint64_t seed = 7) {
  const bool transpose_a = orientation / 2 == 1;
  return {sizes, transpose_a, orientation % 2 == 1, lines(transpose_a, parts), b, Rng(seed)};
}

/// With one part the operands are exact. With two, the products of the smaller parts are left out,
/// and b may have been a float32.
double tile_tolerance(std::int64_t k, int parts, DType b) {
  const auto terms = static_cast<double>(k);
  const double rounded_b = parts == 1 && b == DType::Float32 ? std::sqrt(terms) * 0x1p-8 : 0;
  const double left_out = parts == 2 ? std::sqrt(terms) * 0x1p-15 : 0;
  return tolerance(k, DType::Float32) + rounded_b + left_out;
}

class TileMatmul : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    const std::vector<Isa> isas = available_isas();
    if (std::ranges::count(isas, GetParam()) == 0) {
      GTEST_SKIP() << "this machine has none";
    }
    select_isa(name_of(GetParam()));
  }
  void TearDown() override { select_isa("auto"); }
};

INSTANTIATE_TEST_SUITE_P(EveryIsa,
                         TileMatmul,
                         testing::Values(Isa::Avx512Bf16, Isa::Amx),
                         [](const auto& named) { return std::string(name_of(named.param)); });

TEST_P(TileMatmul, AgreesWithDoubleLoopsInEveryOrientationAndFormatOfB) {
  std::uint64_t seed = 0;
  for (const Sizes sizes : {Sizes{1, 1, 1},
                            Sizes{17, 15, 16},
                            Sizes{16, 33, 17},
                            Sizes{37, 50, 43},
                            Sizes{64, 32, 96},
                            Sizes{130, 47, 70}}) {
    for (const int orientation : {0, 1, 2, 3}) {
      for (const int parts : {1, 2}) {
        for (const Layout layout : {Layout::Rows, Layout::Panels, Layout::RowTiles}) {
          for (const DType dtype : {DType::Float32, DType::Bfloat16}) {
            if (layout == Layout::RowTiles && dtype == DType::Float32) continue;
            Problem problem = tile_problem(sizes, orientation, parts, {layout, dtype}, ++seed);
            const Operand c =
                problem.store(seed % 2 == 0 ? Layout::Rows : Layout::Panels, DType::Float32);
            SCOPED_TRACE(describe(problem.spec.a) + " by " + describe(problem.spec.b));

            problem.run();

            expect_near(problem.c, problem.buffers.read(c), tile_tolerance(sizes.k, parts, dtype));
            problem.buffers.expect_intact(c);
          }
        }
      }
    }
  }
}

TEST_P(TileMatmul, AgreesWithDoubleLoopsOnRandomShapes) {
  Rng rng(3);
  for (int i = 0; i < 80; ++i) {
    const auto size = [&](std::uint64_t most) {
      return static_cast<std::int64_t>(rng.below(most));
    };
    const Sizes sizes{size(300), size(120), size(200)};
    const int parts = 1 + i % 2;
    Problem problem = tile_problem(
        sizes, i % 4, parts, {Layout::Panels, DType::Float32}, static_cast<std::uint64_t>(i));
    const Operand c = problem.store(Layout::Panels, DType::Float32);
    SCOPED_TRACE(describe(problem.spec.a) + " by " + describe(problem.spec.b));

    problem.run({}, ChunkOrder::Shuffled);

    expect_near(problem.c, problem.buffers.read(c), tile_tolerance(sizes.k, parts, DType::Float32));
    problem.buffers.expect_intact(c);
  }
}

TEST_P(TileMatmul, AgreesWithDoubleLoopsOverManyChunksAndBlocksOfK) {
  for (const int parts : {1, 2}) {
    for (const int orientation : {0, 1, 2, 3}) {
      const Sizes sizes{530, 130, 1300};
      Problem problem = tile_problem(sizes, orientation, parts, {Layout::Panels, DType::Bfloat16});
      const Operand c = problem.store(Layout::Rows, DType::Float32);
      ASSERT_GT(make_matmul(problem.spec)->chunks(), 4);

      problem.run({}, ChunkOrder::Shuffled);

      expect_near(
          problem.c, problem.buffers.read(c), tile_tolerance(sizes.k, parts, DType::Bfloat16));
    }
  }
}

TEST_P(TileMatmul, InTwoPartsIsNearlyAsCloseAsFloat32) {
  const Sizes sizes{128, 64, 784};
  const auto error = [&](int parts) {
    Problem problem = tile_problem(sizes, 0, parts, {Layout::Panels, DType::Float32});
    const Operand c = problem.store(Layout::Panels, DType::Float32);
    problem.run();
    const Matrix found = problem.buffers.read(c);
    double largest = 0;
    for (std::size_t i = 0; i < found.values.size(); ++i) {
      largest = std::max(largest, std::abs(found.values[i] - problem.c.values[i]));
    }
    return largest;
  };

  // Products are below 1 and their sums of the size of 10; one part loses 2^-9 of each.
  EXPECT_LT(error(2), 3e-4);
  EXPECT_GT(error(1), 3e-3);
}

TEST_P(TileMatmul, OfNoProductsIsZero) {
  Problem problem = tile_problem({5, 18, 0}, 1, 1, {Layout::Panels, DType::Float32});
  const Operand c = problem.store(Layout::Panels, DType::Float32);

  problem.run();

  expect_near(Matrix(5, 18), problem.buffers.read(c), 0);
}

TEST_P(TileMatmul, GivesTheSameBitsWhateverTheOrderOfItsChunks) {
  Problem problem = tile_problem({700, 170, 900}, 3, 2, {Layout::Panels, DType::Float32});
  const Operand c = problem.store(Layout::Panels, DType::Float32);
  problem.run();
  const std::vector<std::byte> expected = problem.buffers.content(c);

  for (const ChunkOrder order : {ChunkOrder::Backward, ChunkOrder::Shuffled}) {
    problem.run({}, order);

    EXPECT_EQ(problem.buffers.content(c), expected);
  }
}

TEST_P(TileMatmul, MovesAWeightByItsScaledGradient) {
  const StepContext context = step_context(4, 0.125, 0.5);
  for (const int parts : {1, 2}) {
    for (const std::int64_t columns : {16, 30, 80}) {
      Problem problem =
          tile_problem({150, columns, 40}, 2, parts, {Layout::Panels, DType::Bfloat16});
      Update update(problem.buffers, Layout::Panels, 150, columns);
      problem.spec.update = update.target;

      problem.run(context, ChunkOrder::Backward);

      update.check(problem.buffers, problem.c, 0.125, context);
    }
  }
}

TEST_P(TileMatmul, SumsTheColumnsOfBBesideTheProduct) {
  for (const std::int64_t k : {0, 3, 67, 300}) {
    for (const int orientation : {2, 3}) {
      Problem problem =
          tile_problem({300, 35, k}, orientation, 1, {Layout::Panels, DType::Float32});
      Matrix sums(1, 35);
      for (std::int64_t row = 0; row < k; ++row) {
        for (std::int64_t column = 0; column < 35; ++column) {
          sums.at(0, column) +=
              orientation == 3 ? problem.b.at(column, row) : problem.b.at(row, column);
        }
      }
      const Operand stored = problem.buffers.add_garbage(Layout::Rows, DType::Float32, 1, 35);
      problem.spec.column_sum = ColumnSum{.store = stored, .update = {}};
      problem.store(Layout::Panels, DType::Float32);

      problem.run();

      expect_near(sums, problem.buffers.read(stored), tolerance(k, DType::Float32));
    }
  }
}

TEST_P(TileMatmul, RefusesLinesThatRunAcrossK) {
  Problem problem = tile_problem({40, 40, 40}, 0, 1, {Layout::Panels, DType::Float32});
  problem.spec.transpose_a = true;
  EXPECT_THROW((void)make_matmul(problem.spec), InvalidArgument);
}

TEST(Lines, AreStoredWithTheirPaddingByEveryIsa) {
  for_each_isa([] {
    Rng rng(5);
    for (const Sizes sizes :
         {Sizes{1, 1, 0}, Sizes{16, 16, 0}, Sizes{33, 20, 0}, Sizes{150, 70, 0}}) {
      for (const Layout layout : {Layout::RowTiles, Layout::ColumnTiles}) {
        for (const int parts : {1, 2}) {
          GuardedBuffers buffers;
          Matrix x = random_matrix(sizes.m, sizes.n, rng);
          const Operand from = buffers.add(Layout::Panels, DType::Float32, x);
          const Operand to =
              buffers.add_garbage({layout, DType::Bfloat16, parts}, sizes.m, sizes.n);
          SCOPED_TRACE(describe(to));

          run_chunks(
              *make_elementwise(from, {{.kind = StageKind::Store, .operand = to}}), buffers, {});

          expect_near(x, buffers.read(to), parts == 2 ? 0x1p-17 : 0x1p-9);
          buffers.expect_intact(to);
        }
      }
    }
  });
}

TEST(Lines, OfOnePartAreReadByStages) {
  for_each_isa([] {
    Rng rng(5);
    GuardedBuffers buffers;
    Matrix x = random_matrix(37, 53, rng);
    const Operand from = buffers.add(Layout::RowTiles, DType::Bfloat16, x);
    const Operand to = buffers.add_garbage(Layout::Rows, DType::Float32, 37, 53);

    run_chunks(*make_elementwise(from, {{.kind = StageKind::Store, .operand = to}}), buffers, {});

    expect_near(x, buffers.read(to), 0);
  });
}

}  // namespace
}  // namespace carnyx::kernels
