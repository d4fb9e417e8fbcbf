#include "data/pickle/pickle_text.h"

#include <charconv>
#include <cstdint>

namespace carnyx {
namespace {

std::optional<std::uint32_t> hexadecimal(std::string_view digits, std::size_t count) {
  std::uint32_t value = 0;
  if (digits.size() < count) return std::nullopt;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + count, value, 16);
  if (error != std::errc() || stop != digits.data() + count) return std::nullopt;
  return value;
}

void put_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

/// What the character after a backslash stands for.
std::optional<char> simple_escape(char c) {
  constexpr std::string_view kEscapes = "\\'\"abfnrtv";
  constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
  const std::size_t at = kEscapes.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return kMeanings[at];
}

}  // namespace

std::optional<std::string> unquoted(std::string_view literal) {
  if (literal.size() < 2 || (literal[0] != '\'' && literal[0] != '"')) return std::nullopt;
  if (literal.back() != literal[0]) return std::nullopt;
  literal = literal.substr(1, literal.size() - 2);
  std::string bytes;
  bytes.reserve(literal.size());
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] != '\\') {
      bytes += literal[i];
      continue;
    }
    if (++i == literal.size()) return std::nullopt;
    if (literal[i] == 'x') {
      const auto code = hexadecimal(literal.substr(i + 1), 2);
      if (!code) return std::nullopt;
      bytes += static_cast<char>(*code);
      i += 2;
    } else if (const auto meaning = simple_escape(literal[i])) {
      bytes += *meaning;
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

std::optional<std::string> from_raw_unicode_escape(std::string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'u' || text[i + 1] == 'U');
    if (!is_escape) {
      put_utf8(utf8, static_cast<unsigned char>(text[i]));
      continue;
    }
    const std::size_t digits = text[i + 1] == 'u' ? 4 : 8;
    const auto code = hexadecimal(text.substr(i + 2), digits);
    if (!code || *code > 0x10FFFF) return std::nullopt;
    put_utf8(utf8, *code);
    i += 1 + digits;
  }
  return utf8;
}

std::optional<std::string> utf8_to_latin1(std::string_view text) {
  std::string latin1;
  latin1.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      latin1 += text[i];
      continue;
    }
    // Latin-1's upper half begins with C2 or C3 and has one more byte.
    if ((first != 0xC2 && first != 0xC3) || i + 1 == text.size()) return std::nullopt;
    const auto second = static_cast<unsigned char>(text[++i]);
    if ((second & 0xC0) != 0x80) return std::nullopt;
    latin1 += static_cast<char>((first & 3) << 6 | (second & 0x3F));
  }
  return latin1;
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 80)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown;
}

}  // namespace carnyx
