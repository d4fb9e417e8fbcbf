// Work on pieces that do not depend on each other, on a few threads of its own: reading is over
// before training begins, so it shares no pool with the kernels.
#pragma once

#include <cstdint>
#include <functional>

namespace carnyx {

/// Calls work(0) to work(count - 1), each once, in no order, on at most as many threads as there
/// are CPUs. If calls throw, the error of the lowest index is thrown, whatever the threads did.
void for_each_piece(std::int64_t count, const std::function<void(std::int64_t)>& work);

}  // namespace carnyx
