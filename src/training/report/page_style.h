#pragma once

#include <string_view>

namespace carnyx::report {

/// The page's CSS: light, dark as the reader prefers, and on paper. Without '<' and '&'.
std::string_view page_style();

}  // namespace carnyx::report
