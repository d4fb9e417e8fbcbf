#include "training/report/markup.h"

#include "carnyx/base/format.h"
#include "carnyx/base/utf8.h"

namespace carnyx::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD in UTF-8

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8::sequence_length(text);
    const char c = text[0];
    const bool is_control = length == 1 && static_cast<unsigned char>(c) < 0x20;
    if (length == 0 || (is_control && c != '\n' && c != '\t')) {
      out += kReplacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::ptrdiff_t sign = number < 0 ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > sign; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string rounded(double value) {
  return format("{:.4g}", value);
}

std::string percent(double share) {
  if (share > 0 && share < 0.00005) return "<0.01 %";
  if (share < 1 && share >= 0.99995) return ">99.99 %";
  return format("{:.2f} %", share * 100);
}

std::string element(std::string_view tag, std::string_view attributes, std::string_view inside) {
  return format("<{}{}{}>{}</{}>", tag, attributes.empty() ? "" : " ", attributes, inside, tag);
}

}  // namespace carnyx::report
