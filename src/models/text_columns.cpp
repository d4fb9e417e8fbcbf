#include "models/text_columns.h"

#include <algorithm>

namespace carnyx {
namespace {

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

}  // namespace

std::int64_t text_columns(std::string_view text) {
  return std::ranges::count_if(text, starts_character);
}

std::string_view text_prefix(std::string_view text, std::int64_t columns) {
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_character(text[i]) && ++seen > columns) return text.substr(0, i);
  }
  return text;
}

std::string padded_right(std::string_view text, std::int64_t columns) {
  return std::string(text) + repeated(" ", columns - text_columns(text));
}

std::string padded_left(std::string_view text, std::int64_t columns) {
  return repeated(" ", columns - text_columns(text)) + std::string(text);
}

std::string repeated(std::string_view text, std::int64_t times) {
  std::string result;
  for (std::int64_t i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace carnyx
