// Draws of whole numbers for pictures of our own, the same with every compiler and processor.
#pragma once

#include <cstdint>

#include "carnyx/base/rng.h"

namespace carnyx {

/// Uniform in [low, high].
inline std::int32_t draw(Rng& rng, std::int32_t low, std::int32_t high) {
  const auto range = static_cast<std::uint32_t>(high - low + 1);
  return low + static_cast<std::int32_t>(std::uint64_t{range} * rng.next() >> 32);
}

/// Between -most and most, the middle more likely than the ends.
inline std::int32_t draw_around_zero(Rng& rng, std::int32_t most) {
  const std::int32_t first = draw(rng, -most, most);  // one after the other: both move the rng
  return (first + draw(rng, -most, most)) / 2;
}

}  // namespace carnyx
