#pragma once

#include <cstdint>

namespace carnyx {

/// Deflate turns one byte into this many at most.
inline constexpr std::uint64_t kMostInflation = 1032;

}  // namespace carnyx
