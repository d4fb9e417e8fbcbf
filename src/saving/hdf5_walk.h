// Parsing a foreign HDF5 file: the half of reading that a memory error in libhdf5 could take over.
// It runs in the confined child; see hdf5_stream.h for what it says to the parent.
#pragma once

#include <cstdint>
#include <string_view>

#include "saving/confinement.h"

namespace carnyx {

/// What is asked for: the datasets, or the text attributes of the groups.
enum class Hdf5Part { Datasets, Attributes };

/// Writes that part of `file` to `output`, at most `max_bytes` of it, or a refusal that says what
/// is wrong.
void walk_hdf5(std::string_view file,
               Hdf5Part part,
               std::uint64_t max_bytes,
               ConfinedOutput& output);

}  // namespace carnyx
