#include "training/terminal.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace carnyx {

bool wants_color(bool is_terminal, const EnvironmentLookup& variable) {
  if (!variable("NO_COLOR").empty()) return false;
  for (const char* name : {"CLICOLOR_FORCE", "FORCE_COLOR"}) {
    if (const std::string value = variable(name); !value.empty()) return value != "0";
  }
  return is_terminal && variable("TERM") != "dumb";
}

bool is_interactive(bool is_terminal, const EnvironmentLookup& variable) {
  const std::string ci = variable("CI");
  return is_terminal && (ci.empty() || ci == "0" || ci == "false");
}

bool has_utf8_locale(const EnvironmentLookup& variable) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = variable(name);
    if (value.empty()) continue;
    std::ranges::transform(
        value, value.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

std::int64_t columns_of_environment(const EnvironmentLookup& variable) {
  const std::string text = variable("COLUMNS");
  std::int64_t columns = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && columns >= 1 && columns <= 10'000 ? columns : 80;
}

}  // namespace carnyx
