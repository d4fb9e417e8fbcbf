#include "data/numpy_type.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"

namespace carnyx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw elements are read as they lie");

struct Known {
  char kind;
  std::int64_t size;
  DType held;
  bool is_same;  // the tensor's elements have the same bytes
};

constexpr std::array<Known, 11> kKnown = {{{'b', 1, DType::Uint8, true},
                                           {'u', 1, DType::Uint8, true},
                                           {'i', 1, DType::Int32, false},
                                           {'u', 2, DType::Int32, false},
                                           {'i', 2, DType::Int32, false},
                                           {'u', 4, DType::Int64, false},
                                           {'i', 4, DType::Int32, true},
                                           {'i', 8, DType::Int64, true},
                                           {'f', 2, DType::Float32, false},
                                           {'f', 4, DType::Float32, true},
                                           {'f', 8, DType::Float64, true}}};

const Known* find_known(char kind, std::int64_t size) {
  const auto* const found = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) {
    return k.kind == kind && k.size == size;
  });
  return found == kKnown.end() ? nullptr : found;
}

/// The bits of an element, least significant byte first.
std::uint64_t load_bits(const std::byte* at, const NumpyType& type) {
  std::uint64_t bits = 0;
  const bool is_big = type.order == '>';
  for (std::int64_t i = 0; i < type.size; ++i) {
    const std::byte byte = at[is_big ? i : type.size - 1 - i];
    bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
  }
  return bits;
}

std::int64_t sign_extended(std::uint64_t bits, std::int64_t size) {
  const auto shift = static_cast<unsigned>(64 - 8 * size);
  return static_cast<std::int64_t>(bits << shift) >> shift;
}

/// IEEE 754 binary16.
float half_to_float(std::uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10 & 0x1F);
  const auto fraction = static_cast<float>(bits & 0x3FF);
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) {
    const bool is_infinite = (bits & 0x3FF) == 0;
    return is_infinite ? sign * INFINITY : NAN;
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024.0F + fraction, exponent - 25);
}

void convert(const std::byte* from, const NumpyType& type, Tensor& to, std::int64_t index) {
  const std::uint64_t bits = load_bits(from, type);
  const auto at = static_cast<std::size_t>(index);
  switch (to.dtype()) {
    case DType::Uint8:
      to.data<std::uint8_t>()[at] = static_cast<std::uint8_t>(bits);
      return;
    case DType::Int32:
      to.data<std::int32_t>()[at] = static_cast<std::int32_t>(
          type.kind == 'i' ? sign_extended(bits, type.size) : static_cast<std::int64_t>(bits));
      return;
    case DType::Int64:
      to.data<std::int64_t>()[at] =
          type.kind == 'i' ? sign_extended(bits, type.size) : static_cast<std::int64_t>(bits);
      return;
    case DType::Float32:
      to.data<float>()[at] = type.size == 2
                                 ? half_to_float(bits)
                                 : std::bit_cast<float>(static_cast<std::uint32_t>(bits));
      return;
    default:
      to.data<double>()[at] = std::bit_cast<double>(bits);
  }
}

/// Calls visit(place in row-major order) for the elements in the order in which they lie.
template <class Visit>
void for_each_element(const Shape& shape, bool is_fortran, const Visit& visit) {
  const std::int64_t count = shape.elements();
  const auto rank = static_cast<std::size_t>(shape.rank());
  if (!is_fortran || rank < 2) {
    for (std::int64_t i = 0; i < count; ++i) visit(i);
    return;
  }
  std::vector<std::int64_t> strides(rank, 1);
  for (std::size_t axis = rank - 1; axis > 0; --axis) {
    strides[axis - 1] = strides[axis] * shape.axes()[axis];
  }
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t place = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    visit(place);
    for (std::size_t axis = 0; axis < rank; ++axis) {
      place += strides[axis];
      if (++index[axis] < shape.axes()[axis]) break;
      place -= strides[axis] * index[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

std::optional<NumpyType> numpy_type(std::string_view descr) {
  NumpyType type{.order = '<', .kind = '\0', .size = 0};
  if (!descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos) {
    if (descr[0] != '=') type.order = descr[0];
    descr.remove_prefix(1);
  }
  if (descr == "?") descr = "b1";
  if (descr.size() != 2 || descr[1] < '1' || descr[1] > '8') return std::nullopt;
  type.kind = descr[0];
  type.size = descr[1] - '0';
  if (find_known(type.kind, type.size) == nullptr) return std::nullopt;
  return type;
}

DType held_as(const NumpyType& type) {
  const Known* known = find_known(type.kind, type.size);
  CARNYX_ENSURE(known != nullptr);
  return known->held;
}

std::string_view numpy_name(DType dtype) {
  switch (dtype) {
    case DType::Uint8:
      return "|u1";
    case DType::Int32:
      return "<i4";
    case DType::Int64:
      return "<i8";
    case DType::Float32:
      return "<f4";
    case DType::Float64:
      return "<f8";
    default:
      throw InvalidArgument("NumPy has no bfloat16; convert the tensor to float32 first");
  }
}

bool is_native(const NumpyType& type) {
  const Known* known = find_known(type.kind, type.size);
  return known != nullptr && known->is_same && (type.size == 1 || type.order != '>');
}

Tensor numpy_tensor(const NumpyType& type,
                    const Shape& shape,
                    bool is_fortran,
                    std::span<const std::byte> raw) {
  Tensor tensor(held_as(type), shape);
  CARNYX_ENSURE(static_cast<std::int64_t>(raw.size()) == tensor.elements() * type.size);
  if (raw.empty()) return tensor;
  if (is_native(type) && (!is_fortran || shape.rank() < 2)) {
    std::memcpy(tensor.bytes(), raw.data(), raw.size());
    return tensor;
  }
  const std::byte* from = raw.data();
  for_each_element(shape, is_fortran, [&](std::int64_t place) {
    convert(from, type, tensor, place);
    from += type.size;
  });
  return tensor;
}

}  // namespace carnyx
