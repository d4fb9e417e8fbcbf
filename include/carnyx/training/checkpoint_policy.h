#pragma once

#include <cstdint>
#include <string>

namespace carnyx {

/// Where a run leaves what it needs to go on, and whether it goes on from there.
struct CheckpointPolicy {
  std::string directory = {};    ///< empty: no checkpoints
  std::int64_t every_steps = 0;  ///< 0: at the end of each epoch alone
  bool resume = true;            ///< go on from the newest complete one, if there is any
  std::int64_t keep = 2;
};

}  // namespace carnyx
