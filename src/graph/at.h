// Nodes and values are numbered by int, the vectors about them by std::size_t.
#pragma once

#include <cstddef>

namespace carnyx {

inline std::size_t at(int id) {
  return static_cast<std::size_t>(id);
}

}  // namespace carnyx
