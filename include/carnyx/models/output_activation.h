#pragma once

#include <string>

#include "carnyx/models/network.h"

namespace carnyx {

/// What the first output's numbers come out of: the name of the last activation before it, "other"
/// for one with options, "linear" if there is none or several layers are merged after it.
std::string output_activation(const Network& network);

}  // namespace carnyx
