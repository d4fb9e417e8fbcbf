// What carnyx_floor is asked for: the flags at the top of bench/peers/run.py, and --layout.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "image_part.h"

namespace carnyx::bench {

struct FloorOptions {
  std::string network = "mnist_mlp";
  std::optional<std::string> data;
  bool is_mixed = false;
  bool crops = false;
  Layout layout = Layout::Any;
  int threads = 0;  // 0: all
  std::optional<std::size_t> rows;
  std::optional<int> epochs;
};

/// Throws std::invalid_argument naming the flag, what it takes and what came.
FloorOptions parse(int count, char** words);

}  // namespace carnyx::bench
