// Samples seen in another shape than they were read in.
#pragma once

#include <string>

#include "carnyx/tensor/shape.h"

namespace carnyx {

/// Throws InvalidArgument, naming the set, unless a sample of shape `from` may be seen as `to`: it
/// has as many elements, and axes that lie beside each other are merged or split. Other views would
/// mix what belongs apart, as pixels and channels of [32, 32, 3] seen as [3, 32, 32].
void check_sample_view(const std::string& name, const Shape& from, const Shape& to);

}  // namespace carnyx
