// What becomes of a product's strips and sums, whichever kernel made them.
#pragma once

#include <string_view>

#include "carnyx/kernels/matmul.h"

#include "kernels/cpu/strip.h"

namespace carnyx::kernels {

/// Throws InvalidArgument unless operands, stages and updates fit each other.
void check_matmul(const MatmulSpec& spec);

/// Runs the stages and the update on a finished strip of c. `is_scaled`: c has been multiplied by
/// gradient_scale already. `spare`: another strip.
void finish_strip(const MatmulSpec& spec,
                  const StripPlace& place,
                  const Arguments& arguments,
                  bool is_scaled,
                  float* strip,
                  float* spare);

/// sum[16] = the sum over `rows` rows of a strip. Four sums, each over every fourth row, then
/// ((0+1)+(2+3)): an order that hides the additions' latency and is the same for every vector
/// length.
void sum_rows(const float* strip, std::int64_t rows, float* sum);

/// Stores or applies one panel of the sum of `columns` columns. May overwrite `sum`.
void finish_column_sum(const ColumnSum& wanted,
                       std::int64_t columns,
                       std::int64_t panel,
                       const Arguments& arguments,
                       float* sum);
/// Throws InvalidArgument naming `place` unless its buffers suit as many columns.
void check_column_sum(const ColumnSum& wanted, std::int64_t columns, std::string_view place);

}  // namespace carnyx::kernels
