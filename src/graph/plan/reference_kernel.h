// Kernels that run an op's own specification: right for every op, format and dtype, and slow.
#pragma once

#include <memory>
#include <vector>

#include "carnyx/graph/graph.h"
#include "carnyx/kernels/kernel.h"
#include "carnyx/kernels/steps.h"

namespace carnyx::plan {

std::unique_ptr<kernels::Kernel> make_reference(std::shared_ptr<const Op> op,
                                                std::vector<kernels::Operand> inputs,
                                                std::vector<kernels::Operand> outputs);

/// The next step's rows of spec.source_buffer, as make_gather() has them, into its first output, of
/// any shape and dtype.
std::unique_ptr<kernels::Kernel> make_reference_gather(kernels::GatherSpec spec);

}  // namespace carnyx::plan
