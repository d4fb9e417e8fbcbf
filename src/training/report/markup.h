// Pieces of HTML: text that can't be mistaken for markup, numbers for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carnyx::report {

/// Text for an element or a quoted attribute; what XML can't hold becomes U+FFFD.
std::string escaped(std::string_view text);

/// "669,706".
std::string grouped(std::int64_t number);
/// Four digits: "0.1106", "1.23e-05".
std::string rounded(double value);
/// "98.36 %"; "<0.01 %" and ">99.99 %" for what is not quite none or all. Text, not markup.
std::string percent(double share);

/// The text inside <tag attributes>...</tag>. `attributes` and `inside` are markup already.
std::string element(std::string_view tag, std::string_view attributes, std::string_view inside);

}  // namespace carnyx::report
