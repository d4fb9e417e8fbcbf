#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "carnyx/kernels/kernel.h"
#include "carnyx/kernels/stage.h"
#include "carnyx/kernels/update_rule.h"

namespace carnyx::kernels {

/// Where an update rule finds what it moves; all buffers share one float32 format and shape.
struct UpdateTarget {
  const UpdateRule* rule = nullptr;  // outlives the kernel
  Operand weight;
  std::vector<Operand> slots;
  std::vector<Operand> copies;  ///< further stores of the new weight, e.g. in bfloat16
};

/// Sum over the rows of b, one number a column, for a bias's gradient.
struct ColumnSum {
  std::optional<Operand> store;        ///< float32, [n]
  std::optional<UpdateTarget> update;  ///< applied to the sum times gradient_scale
};

/// c[m, n] = sum over k of a[m, k] b[k, n], then the stages, strip by strip.
/// `transpose_a`: a is stored [k, m]; `transpose_b`: b is stored [n, k].
/// Operands may be in any Format of float32 or bfloat16; float32 Panels are read in place where the
/// orientation allows, everything else is packed to float32 into scratch.
/// Sums run in float32 over k in a fixed order.
struct MatmulSpec {
  std::int64_t m = 0, n = 0, k = 0;
  Operand a, b;
  bool transpose_a = false, transpose_b = false;
  std::vector<Stage> stages;            ///< run on strips of c; Store stages put c somewhere
  std::optional<UpdateTarget> update;   ///< c times gradient_scale is this weight's gradient
  std::optional<ColumnSum> column_sum;  ///< sibling result, read from the same b
};

std::unique_ptr<Kernel> make_matmul(MatmulSpec spec);

/// x, then the stages, strip by strip. x may be float32, bfloat16, uint8 or int32 in Rows, or
/// float32 or bfloat16 in Panels.
std::unique_ptr<Kernel> make_elementwise(Operand x, std::vector<Stage> stages);

}  // namespace carnyx::kernels
