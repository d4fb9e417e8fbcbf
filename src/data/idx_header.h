// What an IDX file of unsigned bytes says of its array.
#pragma once

#include <cstddef>

#include "carnyx/tensor/shape.h"

#include "data/byte_reader.h"

namespace carnyx {

inline constexpr std::size_t kMostIdxHeaderBytes = 36;

/// Reads up to the first element; the declared size is not yet known to fit. Throws CorruptData.
Shape read_idx_shape(ByteReader& reader);

}  // namespace carnyx
