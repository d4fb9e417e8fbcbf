#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace carnyx {

enum class DType { Float32, Float64, Bfloat16, Uint8, Int32, Int64 };

std::int64_t size_of(DType dtype);
/// As NumPy and Keras spell it: "float32", "bfloat16", "uint8", ...
std::string_view name_of(DType dtype);
/// Throws InvalidArgument naming the known ones.
DType dtype_from_name(std::string_view name);
bool is_floating(DType dtype);

/// The upper half of a float32, rounded to nearest, ties to even; NaN stays NaN.
struct Bfloat16 {
  std::uint16_t bits = 0;

  static constexpr Bfloat16 from_float(float value) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    if ((word & 0x7FFFFFFFU) > 0x7F800000U) {
      return {static_cast<std::uint16_t>(word >> 16 | 0x40U)};
    }
    return {static_cast<std::uint16_t>((word + 0x7FFFU + (word >> 16 & 1U)) >> 16)};
  }
  [[nodiscard]] constexpr float to_float() const {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
  }
};

/// `value` as a float of `dtype` would hold it; integers are truncated towards zero.
double rounded(double value, DType dtype);

}  // namespace carnyx
