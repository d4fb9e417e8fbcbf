// Sums of each column over the step's rows.
#pragma once

#include "carnyx/graph/ops.h"

namespace carnyx::metrics {

/// x [B, C] times the rows' weights, summed over valid rows; float64 [C], so that the difference
/// of two sums keeps its digits.
inline Value column_sums(Value x, const std::optional<Value>& weight) {
  const Value rows = x.dtype() == DType::Float64 ? x : ops::convert(x, DType::Float64);
  const Value weighted =
      weight ? ops::multiply(rows, ops::reshape(*weight, {x.shape()[0], 1})) : rows;
  return ops::sum_to(ops::row_mask(weighted), Shape{x.shape().columns()});
}

}  // namespace carnyx::metrics
