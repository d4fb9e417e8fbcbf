#include "carnyx/tensor/dtype.h"

#include <array>
#include <string>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"

namespace carnyx {
namespace {

struct Entry {
  DType dtype;
  std::string_view name;
  std::int64_t size;
};

constexpr std::array kTypes = {
    Entry{DType::Float32, "float32", 4},
    Entry{DType::Float64, "float64", 8},
    Entry{DType::Bfloat16, "bfloat16", 2},
    Entry{DType::Uint8, "uint8", 1},
    Entry{DType::Int32, "int32", 4},
    Entry{DType::Int64, "int64", 8},
};

const Entry& entry_of(DType dtype) {
  for (const Entry& entry : kTypes) {
    if (entry.dtype == dtype) return entry;
  }
  ensure_failed("known dtype", __FILE__, __LINE__);
}

}  // namespace

std::int64_t size_of(DType dtype) {
  return entry_of(dtype).size;
}

std::string_view name_of(DType dtype) {
  return entry_of(dtype).name;
}

DType dtype_from_name(std::string_view name) {
  for (const Entry& entry : kTypes) {
    if (entry.name == name) return entry.dtype;
  }
  throw InvalidArgument("dtype: expected float32, float64, bfloat16, uint8, int32 or int64, got '" +
                        std::string(name) + "'");
}

bool is_floating(DType dtype) {
  return dtype == DType::Float32 || dtype == DType::Float64 || dtype == DType::Bfloat16;
}

double rounded(double value, DType dtype) {
  switch (dtype) {
    case DType::Float32:
      return static_cast<float>(value);
    case DType::Float64:
      return value;
    case DType::Bfloat16:
      return Bfloat16::from_float(static_cast<float>(value)).to_float();
    case DType::Uint8:
    case DType::Int32:
    case DType::Int64:
      return std::trunc(value);
  }
  return value;
}

}  // namespace carnyx
