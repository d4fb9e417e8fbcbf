#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// An IDX file of unsigned bytes, plain or packed by gzip: uint8 with the shape that it declares.
/// Nothing is allocated before the declared size is known to fit the file.
/// Throws NotFound, IoError, or CorruptData naming the file, the byte, what was expected and found.
/// Source: the format's description beside the MNIST database.
Tensor read_idx(const std::string& path);

/// The same from the bytes of a file; `name` is for messages.
Tensor decode_idx(std::span<const std::byte> file, const std::string& name);

/// Writes uint8 data, packed by gzip if the name ends in .gz; the file appears whole or not at all.
/// Throws InvalidArgument for another dtype, or IoError.
void write_idx(const std::string& path, const Tensor& tensor);

}  // namespace carnyx
