// Shapes that broadcast, seen as matrices: each row of the smaller stands for a run of rows.
#pragma once

#include <cstdint>
#include <optional>

#include "carnyx/tensor/shape.h"

namespace carnyx::plan {

/// How many rows of `whole` each row of `part` stands for, if broadcasting stretches but the last
/// axes of rows: part [B, 1, 1, C] or [C], whole [B, H, W, C]. The last axis may be any.
std::optional<std::int64_t> rows_per_group(const Shape& part, const Shape& whole);

/// Whether values of both shapes are one matrix.
inline bool is_one_matrix(const Shape& x, const Shape& y) {
  return x.rows() == y.rows() && x.columns() == y.columns();
}

}  // namespace carnyx::plan
