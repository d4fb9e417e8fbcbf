// Movement of elements, and sums of columns, beside plain loops.
#include <functional>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/kernels/image_steps.h"

#include "tests/kernels/guarded_buffers.h"

namespace carnyx::kernels {
namespace {

std::vector<Format> movement_formats() {
  return {{Layout::Panels, DType::Float32},
          {Layout::Rows, DType::Float32},
          {Layout::Panels, DType::Bfloat16},
          {Layout::RowTiles, DType::Bfloat16}};
}

/// Whole numbers below 256, which bfloat16 holds.
Matrix numbered(std::int64_t rows, std::int64_t columns) {
  Matrix matrix(rows, columns);
  for (std::size_t i = 0; i < matrix.values.size(); ++i) {
    matrix.values[i] = static_cast<double>(i * 7 % 251 + 1);
  }
  return matrix;
}

Stage store_moved(const Operand& operand) {
  return {.kind = StageKind::Store, .operand = operand};
}

using Index = std::vector<std::int64_t>;

/// What the parts say, element by element.
std::vector<double> moved(const MoveSpec& spec, const Matrix& x) {
  std::vector<double> y(static_cast<std::size_t>(spec.shape.elements()), spec.number);
  for (const MovedPart& part : spec.parts) {
    for (std::int64_t i = 0; i < spec.shape.elements(); ++i) {
      std::int64_t left = i;
      std::int64_t from = part.first;
      bool inside = true;
      for (auto axis = static_cast<std::size_t>(spec.shape.rank()); axis-- > 0;) {
        const std::int64_t index = left % spec.shape.axes()[axis] - part.begin[axis];
        inside = inside && index >= 0 && index < part.extents[axis];
        from += index * part.strides[axis];
        left /= spec.shape.axes()[axis];
      }
      if (inside) y[static_cast<std::size_t>(i)] = x.values[static_cast<std::size_t>(from)];
    }
  }
  return y;
}

void check_move(MoveSpec spec, std::int64_t rows, std::int64_t columns) {
  for (const Format format : movement_formats()) {
    GuardedBuffers buffers;
    Matrix x = numbered(rows, columns);
    const Operand given = buffers.add(format, x);
    for (MovedPart& part : spec.parts) part.x = given;
    const Operand y = buffers.add_garbage(
        Layout::Panels, DType::Float32, spec.shape.rows(), spec.shape.columns());
    spec.stages = {store_moved(y)};
    SCOPED_TRACE(describe(given) + " to " + spec.shape.to_string());

    run_chunks(*make_move(spec), buffers, {}, ChunkOrder::Shuffled);

    ASSERT_EQ(buffers.read(y).values, moved(spec, x));
    buffers.expect_intact(y);
  }
}

TEST(Movement, Transposes) {
  for (const std::int64_t channels : {1, 16, 19}) {
    const Shape x{3, 5, 18, channels};
    const std::int64_t row = 18 * channels;
    check_move({.shape = Shape{3, channels, 5, 18},
                .parts = {{.x = {},
                           .begin = {0, 0, 0, 0},
                           .extents = {3, channels, 5, 18},
                           .strides = {5 * row, 1, row, channels}}},
                .stages = {}},
               x.rows(),
               channels);
    check_move({.shape = Shape{18, 3, 5, channels},
                .parts = {{.x = {},
                           .begin = {0, 0, 0, 0},
                           .extents = {18, 3, 5, channels},
                           .strides = {channels, 5 * row, row, 1}}},
                .stages = {}},
               x.rows(),
               channels);
  }
}

TEST(Movement, CutsOutAndPads) {
  for (const std::int64_t channels : {16, 21, 40}) {
    const std::int64_t row = 6 * channels;
    check_move({.shape = Shape{2, 3, 4, channels - 5},
                .parts = {{.x = {},
                           .begin = {0, 0, 0, 0},
                           .extents = {2, 3, 4, channels - 5},
                           .first = row + 2 * channels + 3,
                           .strides = {5 * row, row, channels, 1}}},
                .stages = {}},
               2 * 5 * 6,
               channels);
    check_move({.shape = Shape{2, 8, 9, channels + 20},
                .parts = {{.x = {},
                           .begin = {0, 2, 1, 7},
                           .extents = {2, 5, 6, channels},
                           .strides = {5 * row, row, channels, 1}}},
                .number = -2,
                .stages = {}},
               2 * 5 * 6,
               channels);
  }
}

TEST(Movement, PutsSideBySideAndRepeats) {
  for (const std::int64_t channels : {16, 5}) {
    check_move(
        {.shape = Shape{40, 2 * channels},
         .parts = {{.x = {}, .begin = {0, 0}, .extents = {40, channels}, .strides = {channels, 1}},
                   {.x = {},
                    .begin = {0, channels},
                    .extents = {40, channels},
                    .strides = {channels, 1}}},
         .stages = {}},
        40,
        channels);
    check_move({.shape = Shape{5, 2, 8, 3, channels},
                .parts = {{.x = {},
                           .begin = {0, 0, 0, 0, 0},
                           .extents = {5, 2, 8, 3, channels},
                           .strides = {8 * channels, 0, channels, 0, 1}}},
                .stages = {}},
               40,
               channels);
  }
  check_move({.shape = Shape{150, 20},
              .parts = {{.x = {}, .begin = {0, 0}, .extents = {150, 20}, .strides = {0, 0}}},
              .stages = {}},
             1,
             1);
  check_move({.shape = Shape{20},
              .parts = {{.x = {}, .begin = {3}, .extents = {17}, .first = 1, .strides = {1}}},
              .number = 9,
              .stages = {}},
             1,
             18);
}

TEST(Movement, RefusesBoxesThatLeaveTheResult) {
  GuardedBuffers buffers;
  const Operand x = buffers.add_garbage(Layout::Panels, DType::Float32, 4, 3);
  const auto make = [&](Index begin, Index strides) {
    return make_move({.shape = Shape{4, 3},
                      .parts = {{.x = x,
                                 .begin = std::move(begin),
                                 .extents = {4, 3},
                                 .strides = std::move(strides)}},
                      .stages = {}});
  };
  EXPECT_EQ(make({0, 0}, {3, 1})->chunks(), 1);
  EXPECT_THROW((void)make({1, 0}, {3, 1}), InvalidArgument);
  EXPECT_THROW((void)make({0, 0}, {3, 2}), InvalidArgument);
}

TEST(Reshape, KeepsTheOrderOfElements) {
  for (const auto& [from, to] : {std::pair{Shape{6, 32}, Shape{2, 96}},
                                 {Shape{2, 96}, Shape{6, 32}},
                                 {Shape{300, 3}, Shape{12, 75}},
                                 {Shape{12, 75}, Shape{300, 3}},
                                 {Shape{7, 19}, Shape{1, 133}},
                                 {Shape{1, 48}, Shape{48, 1}}}) {
    for (const Format format : movement_formats()) {
      GuardedBuffers buffers;
      Matrix x = numbered(from.rows(), from.columns());
      const Operand given = buffers.add(format, x);
      const Operand y =
          buffers.add_garbage(Layout::Panels, DType::Float32, to.rows(), to.columns());
      SCOPED_TRACE(describe(given) + " to " + to.to_string());

      run_chunks(*make_reshape(given, to, {store_moved(y)}), buffers, {}, ChunkOrder::Backward);

      ASSERT_EQ(buffers.read(y).values, x.values);
      buffers.expect_intact(y);
    }
  }
}

TEST(ColumnSums, AreTheSumsOfAllRows) {
  for_each_isa([] {
    for (const auto& [rows, columns] : {std::pair{1, 1}, {129, 17}, {3000, 5}, {40, 300}, {0, 4}}) {
      for (const Format format : movement_formats()) {
        GuardedBuffers buffers;
        Matrix x = numbered(rows, columns);
        const Operand given = buffers.add(format, x);
        const Operand partials =
            buffers.add_garbage({Layout::Rows, DType::Float64}, 1, column_partials(given.shape, 1));
        Operand y = buffers.add_garbage(Layout::Panels, DType::Float32, 1, columns);
        SCOPED_TRACE(describe(given));

        run_chunks(*make_column_sums(given, partials), buffers, {}, ChunkOrder::Shuffled);
        run_chunks(*make_column_totals(partials, given.shape, {.store = y, .update = std::nullopt}),
                   buffers,
                   {});

        for (std::int64_t c = 0; c < columns; ++c) {
          double sum = 0;
          for (std::int64_t row = 0; row < rows; ++row) sum += x.at(row, c);
          ASSERT_NEAR(buffers.read(y).at(0, c), sum, 1e-6 * sum);
        }
        buffers.expect_intact(y);
      }
    }
  });
}

}  // namespace
}  // namespace carnyx::kernels
