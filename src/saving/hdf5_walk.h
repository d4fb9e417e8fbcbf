// Parsing a foreign HDF5 file: the half of reading that a memory error in libhdf5 could take over.
// It runs in the confined child; see hdf5_stream.h for what it says to the parent.
#pragma once

#include <cstdint>
#include <string_view>

#include "saving/confinement.h"

namespace carnyx {

/// Writes every dataset of `file` to `output`, or a refusal that says what is wrong.
void walk_hdf5(std::string_view file, std::uint64_t max_bytes, ConfinedOutput& output);

}  // namespace carnyx
