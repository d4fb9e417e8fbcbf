// One array in NumPy's .npy format, as the members of .npz files are.
#pragma once

#include <string>

#include "carnyx/tensor/tensor.h"

#include "data/byte_reader.h"

namespace carnyx {

/// Reads an array to the end of `reader`. Throws CorruptData; nothing is allocated before its
/// declared size is known to fit. Elements of a type that no tensor has are widened, big-endian
/// ones swapped, Fortran order turned into C order; objects are refused.
Tensor decode_npy(ByteReader& reader);

/// What precedes an array's row-major bytes in a file of version 1.0.
std::string npy_header(DType dtype, const Shape& shape);

}  // namespace carnyx
