#pragma once

#include <span>

namespace carnyx::kernels {

/// to[i] = x[i] * factor.
void scale_to(std::span<const float> x, float factor, float* to);

}  // namespace carnyx::kernels
