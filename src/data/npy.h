// One array in NumPy's .npy format, as the members of .npz files are.
#pragma once

#include "carnyx/tensor/tensor.h"

#include "data/byte_reader.h"

namespace carnyx {

/// Reads an array to the end of `reader`. Throws CorruptData; nothing is allocated before its
/// declared size is known to fit.
Tensor decode_npy(ByteReader& reader);

}  // namespace carnyx
