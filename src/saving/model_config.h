// A file's description of a network, which nobody vouches for.
#pragma once

#include <cstdint>
#include <string>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"
#include "carnyx/saving/model_file.h"

namespace carnyx {

inline constexpr std::uint64_t kMostConfigBytes = std::uint64_t{16} << 20;

/// The model that the object with class_name and config describes, without weights; of Keras 2
/// or 3. Throws CorruptData for sizes that no model has, InvalidArgument for what is not supported.
SavedModel model_from_config(const Json& config);

/// Runs `read`, whose complaints about what a file asks for are about the file.
template <class Read>
auto blaming(const std::string& where, const Read& read) {
  try {
    return read();
  } catch (const InvalidArgument& error) {
    throw CorruptData(format("{}: {}", where, error.what()));
  }
}

}  // namespace carnyx
