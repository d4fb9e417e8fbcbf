// Options structs as flags: each field of visit_fields() becomes one, the last one given wins.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <CLI/CLI.hpp>

#include "carnyx/base/fields.h"
#include "carnyx/kernels/thread_pool.h"

namespace carnyx::cli {

inline std::string flag_name(std::string_view field) {
  std::string name(field);
  std::ranges::replace(name, '_', '-');
  return "--" + name;
}

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
  using Describe = std::string_view (*)(std::string_view field);
  FlagAdder(CLI::App& command, Describe describe) : command_(command), describe_(describe) {}

  template <class T>
  void operator()(std::string_view field, T& value) {
    const std::string help(describe_(field));
    if constexpr (std::is_same_v<T, bool>) {
      const std::string name = flag_name(field);
      command_.add_flag(name + ",!--no-" + name.substr(2), value, help);
    } else if constexpr (fields::NamedEnum<T>) {
      const auto parse = [&value](const std::string& text) { from_name(text, value); };
      take_last(command_.add_option_function<std::string>(flag_name(field), parse, help))
          ->default_str(std::string(name_of(value)));
    } else {
      CLI::Option* option = take_last(command_.add_option(flag_name(field), value, help));
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
  FlagAdder adder(command, describe);
  visit_fields(adder, options);
}

}  // namespace carnyx::cli
