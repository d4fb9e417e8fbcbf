// How large the weights of a network can be, before a file that claims to hold them is unpacked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saving/keras_layout.h"

namespace carnyx {

struct WeightsLimits {
  std::uint64_t tensor_bytes;  ///< of weights and an optimizer's state in memory
  std::uint64_t file_bytes;    ///< of the HDF5 file that holds them
};

/// The limits for layers whose weights come from `stored_bytes` on the disk, packed or not.
/// Throws CorruptData naming `where` if those can't be weights of that size: what packs a hundred
/// times smaller and is large all the same was made to fill memory.
WeightsLimits weights_limits(const std::vector<LayerVariables>& layers,
                             std::uint64_t stored_bytes,
                             const std::string& where);

}  // namespace carnyx
