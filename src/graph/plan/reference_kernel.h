// Kernels that run an op's own specification: right for every op, format and dtype, and slow.
#pragma once

#include <memory>
#include <vector>

#include "carnyx/graph/graph.h"
#include "carnyx/kernels/kernel.h"

namespace carnyx::plan {

std::unique_ptr<kernels::Kernel> make_reference(std::shared_ptr<const Op> op,
                                                std::vector<kernels::Operand> inputs,
                                                std::vector<kernels::Operand> outputs);

/// The next step's rows of `source_buffer`, a row-major array, divided by `divisor`, into `output`.
std::unique_ptr<kernels::Kernel> make_reference_gather(int source_buffer,
                                                       DType source_dtype,
                                                       double divisor,
                                                       kernels::Operand output);

}  // namespace carnyx::plan
