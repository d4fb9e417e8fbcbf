// What happens to a result before it leaves the core: a list of small vector loops over a strip.
// A strip is some consecutive rows of one panel, in float32, in L1. Matmuls and elementwise groups
// share the list, so a fused form is data, not a class.
#pragma once

#include <cstdint>
#include <vector>

#include "carnyx/kernels/kernel.h"
#include "carnyx/kernels/math.h"

namespace carnyx::kernels {

enum class StageKind {
  BinaryRow,      ///< Binary with an operand of one row, [column]: a bias, a scale
  BinaryGroup,    ///< Binary with operand[row / rows_per_sample, column], or its only column
  Scale,          ///< x * alpha
  Shift,          ///< x + alpha
  Unary,          ///< unary(x)
  Binary,         ///< binary(x, operand[row, column]), or (operand, x) when `swapped`
  UnaryGradient,  ///< x * derivative(unary), operand its result or, if that does not tell, argument
  Gate,           ///< operand[row, column] > 0 ? x * alpha : 0
  Dropout,        ///< kept ? x * alpha : 0, drawn from (seed, stream, step, row, column)
  Noise,          ///< x + alpha * normal_draw(seed, stream, step, row, column)
  RowMask,        ///< 0 in rows >= valid_rows * rows_per_sample
  Store,          ///< write to operand, in its format; the strip itself goes on unchanged
};

struct Stage {
  StageKind kind;
  Operand operand;                   ///< BinaryRow, BinaryGroup, Binary, UnaryGradient, Gate, Store
  UnaryKind unary{};                 ///< Unary, UnaryGradient
  BinaryKind binary{};               ///< Binary, BinaryRow, BinaryGroup
  bool swapped = false;              ///< Binary, BinaryRow, BinaryGroup
  float alpha = 1;                   ///< Scale, Shift, Gate, Dropout, Noise; also unary's parameter
  std::uint32_t stream = 0;          ///< Dropout, Noise
  std::uint32_t threshold = 0;       ///< Dropout: kept if the 16-bit draw is >= this
  std::int64_t rows_per_sample = 1;  ///< BinaryGroup; Dropout, Noise, RowMask: rows to one counted
};

}  // namespace carnyx::kernels
