#pragma once

#include <memory>

#include "carnyx/kernels/steps.h"

namespace carnyx::kernels {

/// make_gather() of a spec that it has checked, with a change.
std::unique_ptr<Kernel> make_augmented_gather(GatherSpec spec);

}  // namespace carnyx::kernels
