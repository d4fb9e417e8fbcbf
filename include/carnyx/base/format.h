// Text from values, for error messages and logs. The pattern language is that of std::format, which
// g++ 12 lacks; the implementation is behind this header so that no third-party name shows.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace carnyx {

/// One value to be written as text: a bool, a number, or borrowed characters that must outlive it.
class Printable {
 public:
  // NOLINTBEGIN(google-explicit-constructor): arguments of format() and fields of a log line
  Printable(bool value) : value_(value) {}
  template <std::signed_integral T>
  Printable(T value) : value_(std::int64_t{value}) {}
  template <std::unsigned_integral T>
  Printable(T value) : value_(std::uint64_t{value}) {}
  Printable(float value) : value_(value) {}
  Printable(double value) : value_(value) {}
  Printable(const char* value) : value_(std::string_view(value)) {}
  Printable(std::string_view value) : value_(value) {}
  Printable(const std::string& value) : value_(std::string_view(value)) {}
  // NOLINTEND(google-explicit-constructor)

  using Value = std::variant<bool, std::int64_t, std::uint64_t, float, double, std::string_view>;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

/// format() with the arguments as a list. Throws InternalError if the pattern does not fit them.
std::string format_values(std::string_view pattern, std::span<const Printable> values);

/// `pattern` with each {} replaced: format("rate must be in [0, 1), got {}", rate).
template <class... T>
std::string format(std::string_view pattern, const T&... values) {
  const std::array<Printable, sizeof...(T)> list{Printable(values)...};
  return format_values(pattern, list);
}

}  // namespace carnyx
