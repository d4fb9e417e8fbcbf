#pragma once

#include <string>

namespace carnyx {

/// The file of a whole model, as the documents' programs write it.
inline std::string whole_model(const std::string& stem) {
  return stem + ".h5";
}

}  // namespace carnyx
