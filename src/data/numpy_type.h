// NumPy's types of elements, as .npy headers and pickles name them, and the tensors made of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// "<f4" is {'<', 'f', 4}: byte order, kind, size in bytes.
struct NumpyType {
  char order = '|';
  char kind = 'u';
  std::int64_t size = 1;
};

/// Nothing for a type that no tensor can hold: objects, strings, complex numbers, uint64.
std::optional<NumpyType> numpy_type(std::string_view descr);

/// The narrowest dtype that holds every value of `type`: int8 and (u)int16 become int32, uint32
/// int64, float16 float32, bool uint8.
DType held_as(const NumpyType& type);

/// "<f4" for float32; throws InvalidArgument for bfloat16, which NumPy does not have.
std::string_view numpy_name(DType dtype);

/// `descr`s that numpy_type() knows, for messages.
inline constexpr std::string_view kNumpyTypes =
    "bool, uint8, int8, int16, uint16, int32, uint32, int64, float16, float32 or float64";

/// Whether the elements lie in a file as they lie in a tensor.
bool is_native(const NumpyType& type);

/// The array whose elements are `raw`, converted as needed; `is_fortran`: first axis fastest.
/// raw must have the size that type and shape say.
Tensor numpy_tensor(const NumpyType& type,
                    const Shape& shape,
                    bool is_fortran,
                    std::span<const std::byte> raw);

}  // namespace carnyx
