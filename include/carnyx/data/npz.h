#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// The arrays called `names` of a NumPy .npz file, in that order. The members may be stored or
/// deflated, of .npy version 1.0 to 3.0, in C order, with the type |u1, <i4, <i8, <f4 or <f8.
/// Nothing is unpickled, nothing is written to disk.
/// Throws NotFound if the file or an array is missing, IoError, or CorruptData.
/// Source: NumPy enhancement proposal 1.
std::vector<Tensor> read_npz(const std::string& path, std::span<const std::string_view> names);

/// The same from the bytes of a file; `name` is for messages.
std::vector<Tensor> decode_npz(std::span<const std::byte> file,
                               const std::string& name,
                               std::span<const std::string_view> names);

}  // namespace carnyx
