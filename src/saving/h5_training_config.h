// A whole-model HDF5 file's training_config, which every generation of Keras words in its own way.
#pragma once

#include <string>

#include "carnyx/base/json.h"

namespace carnyx {

/// The compile_config of Keras 3 that says the same. Warnings name `where` and what is left out.
/// Throws CorruptData for what is no training_config, or one of several outputs.
Json compile_config_from_h5(const Json& training_config, const std::string& where);

}  // namespace carnyx
