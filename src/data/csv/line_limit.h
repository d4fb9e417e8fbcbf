#pragma once

#include <cstddef>

namespace carnyx {

/// No row is longer, in memory as in streams: without it, a file without line ends would be read
/// as a whole before anything is said.
inline constexpr std::size_t kMostRowBytes = std::size_t{64} << 20;

}  // namespace carnyx
