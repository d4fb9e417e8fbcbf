#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/steps.h"

#include "tests/kernels/guarded_buffers.h"
#include "tests/kernels/guarded_matrix.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kSourceRows = 40;

GuardedMatrix source_of(DType dtype, std::int64_t columns) {
  Rng rng(3);
  GuardedMatrix source({Layout::Rows, dtype}, {kSourceRows, columns});
  source.fill([&](std::int64_t, std::int64_t) { return static_cast<double>(rng.below(256)); });
  return source;
}

std::vector<std::int64_t> some_indices(std::int64_t count) {
  Rng rng(4);
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < count; ++i) {
    indices.push_back(static_cast<std::int64_t>(rng.below(kSourceRows)));
  }
  return indices;
}

StepContext context_for(const std::vector<std::int64_t>& indices) {
  StepContext context;
  context.next.indices = indices;
  return context;
}

/// Gathers into all four formats at once, and compares each with float division.
void check_floats(DType dtype, std::int64_t batch, std::int64_t columns, std::int64_t present) {
  SCOPED_TRACE(std::string(name_of(dtype)) + " " + Shape({batch, columns}).to_string());
  const GuardedMatrix source = source_of(dtype, columns);
  const std::vector<std::int64_t> indices = some_indices(present);
  GatherSpec spec{.source_buffer = 0,
                  .source_dtype = dtype,
                  .batch = batch,
                  .columns = columns,
                  .divisor = 255,
                  .scale = 2,
                  .shift = -0.25F,
                  .outputs = {}};
  std::vector<GuardedMatrix> outputs;
  std::vector<std::byte*> buffers = {source.bytes()};
  for (const Format& format : {kBfloatPanels, kFloatRows, kFloatPanels, kBfloatRows}) {
    outputs.emplace_back(format, Shape({batch, columns}));
    spec.outputs.push_back(outputs.back().operand(static_cast<int>(buffers.size())));
    buffers.push_back(outputs.back().bytes());
  }

  run_on_pool(*make_gather(spec), buffers, context_for(indices), 2);

  for (const GuardedMatrix& output : outputs) {
    for (std::int64_t row = 0; row < batch; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        const bool is_present = row < present;
        const auto index = is_present ? indices[static_cast<std::size_t>(row)] : 0;
        const float value = static_cast<float>(source.at(index, column)) / 255.0F * 2 - 0.25F;
        ASSERT_EQ(output.at(row, column), is_present ? rounded(value, output.format().dtype) : 0)
            << describe(output.operand(0)) << " at " << row << ", " << column;
      }
    }
    EXPECT_TRUE(output.padding_is_zero());
    EXPECT_TRUE(output.guards_are_intact());
  }
}

TEST(Gather, DividesScalesAndShiftsIntoEveryFormat) {
  for_each_isa([] {
    for (const DType dtype : {DType::Uint8, DType::Float32}) {
      check_floats(dtype, 35, 784, 35);
      check_floats(dtype, 16, 16, 16);
      check_floats(dtype, 5, 37, 5);
      check_floats(dtype, 17, 1, 17);
      check_floats(dtype, 3, 4100, 3);
    }
    check_floats(DType::Float64, 18, 21, 18);
    check_floats(DType::Bfloat16, 18, 21, 18);
    check_floats(DType::Int32, 18, 21, 18);
    check_floats(DType::Int64, 18, 21, 18);
  });
}

TEST(Gather, RowsPastTheIndicesAreZero) {
  for_each_isa([] {
    check_floats(DType::Uint8, 40, 20, 33);
    check_floats(DType::Uint8, 40, 20, 16);
    check_floats(DType::Uint8, 40, 20, 0);
  });
}

TEST(Gather, AnEmptyBatchHasNoChunks) {
  GuardedMatrix output(kFloatRows, {0, 5});
  const auto kernel = make_gather({.source_buffer = 0,
                                   .source_dtype = DType::Uint8,
                                   .batch = 0,
                                   .columns = 5,
                                   .divisor = 1,
                                   .shift = 0,
                                   .outputs = {output.operand(1)}});

  EXPECT_EQ(kernel->chunks(), 0);
}

TEST(Gather, EveryByteDividesAsKerasDoes) {
  for_each_isa([] {
    GuardedMatrix source({Layout::Rows, DType::Uint8}, {1, 256});
    source.fill([](std::int64_t, std::int64_t column) { return static_cast<double>(column); });
    GuardedMatrix output(kFloatPanels, {1, 256});
    const auto kernel = make_gather({.source_buffer = 0,
                                     .source_dtype = DType::Uint8,
                                     .batch = 1,
                                     .columns = 256,
                                     .divisor = 255,
                                     .shift = 0,
                                     .outputs = {output.operand(1)}});

    run_on_pool(*kernel, {source.bytes(), output.bytes()}, context_for({0}));

    for (std::int64_t byte = 0; byte < 256; ++byte) {
      EXPECT_EQ(output.at(0, byte), static_cast<float>(byte) / 255.0F) << byte;
    }
  });
}

TEST(Gather, LabelsComeThroughUnchanged) {
  for (const DType dtype : {DType::Uint8, DType::Int32, DType::Int64}) {
    const GuardedMatrix source = source_of(dtype, 1);
    const std::vector<std::int64_t> indices = some_indices(290);
    GuardedMatrix labels({Layout::Rows, DType::Int32}, {300});
    const auto kernel = make_gather({.source_buffer = 0,
                                     .source_dtype = dtype,
                                     .batch = 300,
                                     .columns = 1,
                                     .divisor = 1,
                                     .shift = 0,
                                     .outputs = {labels.operand(1)}});

    run_on_pool(*kernel, {source.bytes(), labels.bytes()}, context_for(indices), 2);

    for (std::int64_t row = 0; row < 300; ++row) {
      const double expected =
          row < 290 ? source.at(indices[static_cast<std::size_t>(row)], 0) : 0.0;
      EXPECT_EQ(labels.at(0, row), expected) << name_of(dtype) << " row " << row;
    }
    EXPECT_TRUE(labels.guards_are_intact());
  }
}

TEST(Gather, LabelsBeyondFloatPrecisionAreExact) {
  GuardedMatrix source({Layout::Rows, DType::Int64}, {1, 1});
  source.put(0, 0, 16777217);
  GuardedMatrix labels({Layout::Rows, DType::Int32}, {1});
  const auto kernel = make_gather({.source_buffer = 0,
                                   .source_dtype = DType::Int64,
                                   .batch = 1,
                                   .columns = 1,
                                   .divisor = 1,
                                   .shift = 0,
                                   .outputs = {labels.operand(1)}});

  run_on_pool(*kernel, {source.bytes(), labels.bytes()}, context_for({0}));

  EXPECT_EQ(labels.at(0, 0), 16777217);
}

}  // namespace
}  // namespace carnyx::kernels
