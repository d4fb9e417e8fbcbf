#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/matmul.h"

#include "tests/kernels/guarded_buffers.h"

namespace carnyx::kernels {
namespace {

constexpr std::array kLayouts = {Layout::Rows, Layout::Panels};

Stage store_to(const Operand& operand) {
  return {.kind = StageKind::Store, .operand = operand};
}

/// Whole numbers that every dtype here holds.
Matrix whole_numbers(std::int64_t rows, std::int64_t columns) {
  Matrix matrix(rows, columns);
  Rng rng(6);
  for (double& value : matrix.values) value = static_cast<double>(rng.below(256));
  return matrix;
}

TEST(Elementwise, ReadsEveryDtypeAndLayoutAtEveryShape) {
  for_each_isa([] {
    for (const auto& [rows, columns] :
         {std::pair{1, 1}, {3, 15}, {16, 16}, {129, 17}, {5, 300}, {1, 64}}) {
      for (const Layout from : kLayouts) {
        for (const Layout to : kLayouts) {
          for (const DType dtype : {DType::Float32, DType::Bfloat16, DType::Uint8, DType::Int32}) {
            GuardedBuffers buffers;
            Matrix x = whole_numbers(rows, columns);
            const Operand given = buffers.add(from, dtype, x);
            const Operand y = buffers.add_garbage(to, DType::Float32, rows, columns);
            SCOPED_TRACE(describe(given) + " to " + describe(y));

            run_chunks(*make_elementwise(given, {store_to(y)}), buffers, {}, ChunkOrder::Shuffled);

            ASSERT_EQ(buffers.read(y).values, x.values);
            buffers.expect_intact(y);
            buffers.expect_intact(given);
          }
        }
      }
    }
  });
}

TEST(Elementwise, LeavesPaddingZeroWhateverTheStages) {
  for_each_isa([] {
    GuardedBuffers buffers;
    Matrix x = whole_numbers(140, 18);
    const Operand given = buffers.add(Layout::Panels, DType::Float32, x);
    const Operand y = buffers.add_garbage(Layout::Panels, DType::Bfloat16, 140, 18);

    run_chunks(
        *make_elementwise(given,
                          {{.kind = StageKind::Unary, .operand = {}, .unary = UnaryKind::Log},
                           {.kind = StageKind::Shift, .operand = {}, .alpha = 1},
                           store_to(y)}),
        buffers,
        {});

    buffers.expect_intact(y);
  });
}

TEST(Elementwise, RunsAChainInOrder) {
  for_each_isa([] {
    for (const Layout layout : kLayouts) {
      GuardedBuffers buffers;
      Matrix x = whole_numbers(300, 33);
      Matrix y = whole_numbers(300, 33);
      const Operand given = buffers.add(layout, DType::Float32, x);
      Stage minus{.kind = StageKind::Binary, .operand = {}, .binary = BinaryKind::Subtract};
      minus.operand = buffers.add(Layout::Rows, DType::Float32, y);
      const Operand result = buffers.add_garbage(layout, DType::Float32, 300, 33);

      run_chunks(
          *make_elementwise(given,
                            {{.kind = StageKind::Scale, .operand = {}, .alpha = 3},
                             minus,
                             {.kind = StageKind::Unary, .operand = {}, .unary = UnaryKind::Relu},
                             store_to(result)}),
          buffers,
          {},
          ChunkOrder::Backward);

      const Matrix actual = buffers.read(result);
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        ASSERT_EQ(actual.values[i], std::max(0.0, 3 * x.values[i] - y.values[i]));
      }
      buffers.expect_intact(result);
    }
  });
}

TEST(Elementwise, MayWriteOverWhatItReads) {
  for_each_isa([] {
    for (const Layout layout : kLayouts) {
      GuardedBuffers buffers;
      Matrix x = whole_numbers(200, 48);
      const Operand operand = buffers.add(layout, DType::Float32, x);
      const Stage twice{.kind = StageKind::Binary, .operand = operand, .binary = BinaryKind::Add};

      run_chunks(*make_elementwise(operand, {twice, store_to(operand)}), buffers, {});

      const Matrix actual = buffers.read(operand);
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        ASSERT_EQ(actual.values[i], 2 * x.values[i]);
      }
    }
  });
}

TEST(Elementwise, ManyShapesOfOneValueAreOneMatrix) {
  GuardedBuffers buffers;
  Matrix x = whole_numbers(12, 5);
  Operand images = buffers.add(Layout::Rows, DType::Uint8, x);
  images.shape = Shape({3, 4, 5});
  const Operand flat = buffers.add_garbage(Layout::Panels, DType::Float32, 12, 5);

  run_chunks(*make_elementwise(images, {store_to(flat)}), buffers, {});

  EXPECT_EQ(buffers.read(flat).values, x.values);
}

TEST(Elementwise, OfNothingHasNoChunks) {
  GuardedBuffers buffers;
  const Operand no_rows = buffers.add_garbage(Layout::Rows, DType::Float32, 0, 7);
  const Operand no_columns = buffers.add_garbage(Layout::Panels, DType::Float32, 7, 0);

  EXPECT_EQ(make_elementwise(no_rows, {})->chunks(), 0);
  EXPECT_EQ(make_elementwise(no_columns, {})->chunks(), 0);
}

TEST(Elementwise, CutsLargeMatricesIntoChunks) {
  GuardedBuffers buffers;
  const Operand wide = buffers.add_garbage(Layout::Panels, DType::Float32, 128, 2048);
  const Operand tall = buffers.add_garbage(Layout::Rows, DType::Float32, 16384, 10);

  EXPECT_EQ(make_elementwise(wide, {})->chunks(), 16);
  EXPECT_GE(make_elementwise(tall, {})->chunks(), 8);
}

TEST(Elementwise, RefusesWideIntegersAndDoubles) {
  GuardedBuffers buffers;
  Operand x = buffers.add_garbage(Layout::Rows, DType::Float32, 2, 2);
  for (const DType dtype : {DType::Float64, DType::Int64}) {
    x.format.dtype = dtype;
    EXPECT_THROW((void)make_elementwise(x, {}), InvalidArgument);
  }
}

}  // namespace
}  // namespace carnyx::kernels
