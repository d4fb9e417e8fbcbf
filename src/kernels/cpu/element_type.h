#pragma once

#include <cstdint>

#include "carnyx/tensor/dtype.h"

namespace carnyx::kernels {

/// function(T{}) with the C++ type of `dtype`.
template <class Function>
void with_element_type(DType dtype, const Function& function) {
  switch (dtype) {
    case DType::Float32:
      return function(float{});
    case DType::Float64:
      return function(double{});
    case DType::Bfloat16:
      return function(Bfloat16{});
    case DType::Uint8:
      return function(std::uint8_t{});
    case DType::Int32:
      return function(std::int32_t{});
    case DType::Int64:
      return function(std::int64_t{});
  }
}

}  // namespace carnyx::kernels
