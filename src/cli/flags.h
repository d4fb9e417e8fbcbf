// Options structs as flags: each field of visit_fields() becomes one, the last one given wins.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "carnyx/base/fields.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/trainers/option_visitor.h"

namespace carnyx::cli {

inline std::string flag_name(std::string_view field) {
  std::string name(field);
  std::ranges::replace(name, '_', '-');
  return "--" + name;
}

/// Numbers or names between commas: what a list's flag is given. Throws CLI::ConversionError.
template <class T>
std::vector<T> list_of(std::string_view text, const std::string& flag) {
  std::vector<T> items;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    if (!CLI::detail::lexical_cast(std::string(item), items.emplace_back())) {
      throw CLI::ConversionError(std::string(item), flag);
    }
  }
  return items;
}

template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;

/// What --batch-size and --threads may be where no job checks them.
inline CLI::Range batch_sizes() {
  return {1, std::numeric_limits<std::int32_t>::max()};
}
inline CLI::Range thread_counts() {
  return {0, kernels::kMostThreads};
}

/// Adds every field of an options struct to a command. The struct must outlive the parsing.
class FlagAdder {
 public:
  using Describe = std::function<FieldHelp(std::string_view field)>;
  FlagAdder(CLI::App& command, Describe describe)
      : command_(command), describe_(std::move(describe)) {}

  template <class T>
  void operator()(std::string_view field, T& value) {
    const FieldHelp given = describe_(field);
    const std::string help(given.text);
    std::string names = flag_name(field);
    if (!given.aliases.empty()) names += "," + std::string(given.aliases);
    if constexpr (std::is_same_v<T, bool>) {
      command_.add_flag(names + ",!--no-" + flag_name(field).substr(2), value, help);
    } else if constexpr (fields::NamedEnum<T>) {
      const auto parse = [&value](const std::string& text) { from_name(text, value); };
      take_last(command_.add_option_function<std::string>(names, parse, help))
          ->default_str(std::string(name_of(value)));
    } else if constexpr (kIsList<T>) {
      const auto parse = [&value, flag = flag_name(field)](const std::string& text) {
        value = list_of<typename T::value_type>(text, flag);
      };
      take_last(command_.add_option_function<std::string>(names, parse, help))->type_name("LIST");
    } else {
      CLI::Option* option = take_last(command_.add_option(names, value, help));
      if constexpr (std::is_arithmetic_v<T>) option->capture_default_str();
    }
  }

 private:
  static CLI::Option* take_last(CLI::Option* option) {
    return option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  CLI::App& command_;
  Describe describe_;
};

template <class T>
void add_flags(CLI::App& command, T& options, FlagAdder::Describe describe) {
  FlagAdder adder(command, std::move(describe));
  visit_fields(adder, options);
}

}  // namespace carnyx::cli
