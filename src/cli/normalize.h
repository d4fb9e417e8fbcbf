// One spelling for every flag, before any is parsed: --data_dir, -data-dir and --data-dir are one.
#pragma once

#include <string>
#include <vector>

namespace carnyx::cli {

/// Long names lose their single dash and their underscores; "--nofoo" becomes "--no-foo" where foo
/// is in `switches` (names with dashes). What follows "--" is left alone.
std::vector<std::string> normalized(const std::vector<std::string>& arguments,
                                    const std::vector<std::string>& switches);

}  // namespace carnyx::cli
