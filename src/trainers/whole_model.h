#pragma once

#include <string>

namespace carnyx {

/// The file of a whole model where the programs that trainers replace write an .h5.
inline std::string whole_model(const std::string& stem) {
  return stem + ".keras";
}

}  // namespace carnyx
