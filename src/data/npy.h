// One array in NumPy's .npy format, as the members of .npz files are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/tensor/tensor.h"

#include "data/byte_reader.h"
#include "data/numpy_type.h"

namespace carnyx {

/// What an array's file says of it; the declared size is not yet known to fit.
struct NpyHeader {
  NumpyType type;
  std::vector<std::int64_t> axes;
  bool is_fortran = false;
};
inline constexpr std::size_t kMostNpyHeaderBytes = 10'012;  ///< all before the elements
/// Reads up to the first element. Throws CorruptData.
NpyHeader read_npy_header(ByteReader& reader);

/// Reads an array to the end of `reader`. Throws CorruptData; nothing is allocated before its
/// declared size is known to fit. Elements of a type that no tensor has are widened, big-endian
/// ones swapped, Fortran order turned into C order; objects are refused.
Tensor decode_npy(ByteReader& reader);

/// What precedes an array's row-major bytes in a file of version 1.0.
std::string npy_header(DType dtype, const Shape& shape);

}  // namespace carnyx
