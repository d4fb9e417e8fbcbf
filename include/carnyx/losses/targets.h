// How targets fit outputs: what losses and metrics of your own begin with. `who` opens the errors.
#pragma once

#include <string_view>

#include "carnyx/graph/graph.h"

namespace carnyx {

/// The target as floats in the output's shape: labels [B] fit an output [B, 1].
/// Throws InvalidArgument if the two have not as many elements a row.
Value fitted_target(std::string_view who, Value target, Value output);
/// The same, but labels [B] of an output [B, C] become one-hot.
Value one_hot_target(std::string_view who, Value target, Value output);
/// The mean over all axes but the batch's, [B].
Value mean_per_row(Value x);

}  // namespace carnyx
