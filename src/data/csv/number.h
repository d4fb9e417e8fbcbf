// Numbers of a text, without a copy or an allocation.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace carnyx {

/// 10^0 to 10^22: the powers of ten that a double holds exactly.
inline constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// The decimal at `at`, nearest double; returns where it ends, `at` itself if there is none.
/// Source of the short way: Clinger, How to Read Floating Point Numbers Accurately (PLDI 1990): up
/// to 2^53 times or over up to 10^22 rounds once. Everything else goes through std::from_chars.
inline const char* parse_number(const char* at, const char* end, double& value) {
  if (at == end) return at;
  const char* const start = at;
  const bool is_negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  const char* const digits = at;
  std::uint64_t whole = 0;
  while (at != end && *at >= '0' && *at <= '9')
    whole = 10 * whole + static_cast<std::uint64_t>(*at++ - '0');
  auto count = at - digits;
  std::int64_t scale = 0;
  if (at != end && *at == '.') {
    const char* const point = ++at;
    while (at != end && *at >= '0' && *at <= '9')
      whole = 10 * whole + static_cast<std::uint64_t>(*at++ - '0');
    scale = at - point;
    count += at - point;
  }
  const bool has_exponent = at != end && (*at == 'e' || *at == 'E');
  constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
  if (count > 0 && count <= 19 && whole <= kExact && scale <= 22 && !has_exponent) {
    const double exact = static_cast<double>(whole) / kPowersOfTen[scale];
    value = is_negative ? -exact : exact;
    return at;
  }
  const char* const from = *start == '+' ? start + 1 : start;  // from_chars takes no plus
  if (from != start && from != end && *from == '-') return start;
  const auto [stop, error] = std::from_chars(from, end, value);
  if (error == std::errc()) return stop;
  if (error != std::errc::result_out_of_range) return start;
  // As strtod: too small is 0, too large infinite.
  const std::string_view text(from, static_cast<std::size_t>(stop - from));
  const std::size_t mark = text.find_first_of("eE");
  const bool is_small =
      mark != std::string_view::npos && text.substr(mark).find('-') != std::string_view::npos;
  value = (is_negative ? -1 : 1) * (is_small ? 0.0 : HUGE_VAL);
  return stop;
}

/// `text` without blanks around it.
inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

/// Whether all of `text`, blanks aside, is one number.
inline bool parse_whole(std::string_view text, double& value) {
  text = trimmed(text);
  const char* const end = text.data() + text.size();
  return !text.empty() && parse_number(text.data(), end, value) == end;
}

}  // namespace carnyx
