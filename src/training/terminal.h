// What the environment says about a terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace carnyx {

/// The value of an environment variable; empty if it is not set.
using EnvironmentLookup = std::function<std::string(const char* name)>;

/// NO_COLOR set to anything says no; CLICOLOR_FORCE and FORCE_COLOR set to anything but 0 say yes;
/// else a terminal that is not dumb has colour. Source: no-color.org, bixense.com/clicolors.
bool wants_color(bool is_terminal, const EnvironmentLookup& variable);
/// Whether lines may be written over: a terminal, and no build server that only looks like one
/// (CI).
bool is_interactive(bool is_terminal, const EnvironmentLookup& variable);
/// The first of LC_ALL, LC_CTYPE and LANG that is set decides.
bool has_utf8_locale(const EnvironmentLookup& variable);
/// COLUMNS, if it is a number in [1, 10000]; else 80.
std::int64_t columns_of_environment(const EnvironmentLookup& variable);

}  // namespace carnyx
