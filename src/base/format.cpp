#include "carnyx/base/format.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include "carnyx/base/ensure.h"

namespace carnyx {

std::string format_values(std::string_view pattern, std::span<const Printable> values) {
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  for (const Printable& printable : values) {
    std::visit([&](const auto& value) { arguments.push_back(value); }, printable.value());
  }
  try {
    return fmt::vformat(pattern, arguments);
  } catch (const fmt::format_error& error) {
    throw InternalError("format: '" + std::string(pattern) + "': " + error.what());
  }
}

}  // namespace carnyx
