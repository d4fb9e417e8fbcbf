#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// The array in a NumPy .npy file, plain or packed by gzip. bool becomes uint8, int8 and (u)int16
/// int32, uint32 int64, float16 float32; either byte order, C or Fortran order.
/// Throws NotFound, IoError, or CorruptData, also for objects: nothing is unpickled.
/// Source: NumPy enhancement proposal 1.
Tensor read_npy(const std::string& path);

/// The arrays called `names` of a NumPy .npz file, in that order. The members may be stored or
/// deflated, of .npy version 1.0 to 3.0, of any type that read_npy() takes. Nothing is written to
/// disk. Throws NotFound if the file or an array is missing, IoError, or CorruptData.
std::vector<Tensor> read_npz(const std::string& path, std::span<const std::string_view> names);

/// The same from the bytes of a file; `name` is for messages.
std::vector<Tensor> decode_npz(std::span<const std::byte> file,
                               const std::string& name,
                               std::span<const std::string_view> names);

/// The names of the arrays in an .npz file, in its order, without ".npy". Throws as read_npz().
std::vector<std::string> npz_names(const std::string& path);

/// Writes arrays as numpy.savez does, stored; the file appears whole or not at all.
/// Throws InvalidArgument if they are bfloat16 or need more than 4 GiB together, or IoError.
void write_npz(const std::string& path,
               std::span<const std::string_view> names,
               std::span<const Tensor> arrays);

}  // namespace carnyx
