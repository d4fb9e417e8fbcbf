#pragma once

#include <string>

namespace carnyx {

/// The file of a whole model where the documents' programs write an .h5.
inline std::string whole_model(const std::string& stem) {
  return stem + ".keras";
}

}  // namespace carnyx
