#pragma once

#include <string_view>

#include "carnyx/kernels/matmul.h"

#include "kernels/cpu/strip.h"

namespace carnyx::kernels {

/// Moves a strip of a weight by `gradient` times `scale`, then writes the further copies.
/// `gradient` is overwritten. A weight in Panels moves as one block, one in Rows row by row.
void update_strip(const UpdateTarget& target,
                  const StripPlace& place,
                  const Arguments& arguments,
                  float scale,
                  float* gradient);

/// Throws InvalidArgument naming `kernel` unless the target's buffers suit a [rows, columns]
/// weight.
void check_update(const UpdateTarget& target,
                  std::int64_t rows,
                  std::int64_t columns,
                  std::string_view kernel);

}  // namespace carnyx::kernels
