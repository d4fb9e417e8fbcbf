#pragma once

#include <string>

namespace carnyx {

/// The value of an environment variable; empty if it is not set.
std::string environment(const char* name);

}  // namespace carnyx
