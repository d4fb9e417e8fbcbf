#pragma once

namespace carnyx::metrics {

/// What keeps a quotient of two sums from 0 / 0: keras.config.epsilon().
inline constexpr double kEpsilon = 1e-7;

}  // namespace carnyx::metrics
