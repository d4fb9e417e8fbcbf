#include "cli/normalize.h"

#include <algorithm>
#include <cctype>

namespace carnyx::cli {
namespace {

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// "-epochs" is a long name; "-5" and "-h" are not.
bool is_long_name(const std::string& argument) {
  if (argument.starts_with("--")) return argument.size() > 2;
  return argument.size() > 2 && argument[0] == '-' && is_letter(argument[1]) && argument[2] != '=';
}

}  // namespace

std::vector<std::string> normalized(const std::vector<std::string>& arguments,
                                    const std::vector<std::string>& switches) {
  std::vector<std::string> result;
  bool options_end = false;
  for (const std::string& argument : arguments) {
    options_end = options_end || argument == "--";
    if (options_end || !is_long_name(argument)) {
      result.push_back(argument);
      continue;
    }
    const std::size_t equals = std::min(argument.find('='), argument.size());
    std::string name =
        argument.substr(argument[1] == '-' ? 2 : 1, equals - (argument[1] == '-' ? 2 : 1));
    std::ranges::replace(name, '_', '-');
    const bool negated =
        name.starts_with("no") && std::ranges::find(switches, name.substr(2)) != switches.end();
    if (negated) name = "no-" + name.substr(2);
    result.push_back("--" + name + argument.substr(equals));
  }
  return result;
}

}  // namespace carnyx::cli
