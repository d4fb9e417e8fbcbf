// Text as it stands in columns: one a code point, which is how Python counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carnyx {

/// Columns that UTF-8 text takes.
std::int64_t text_columns(std::string_view text);
/// The first `columns` of the text; empty if they are negative.
std::string_view text_prefix(std::string_view text, std::int64_t columns);
/// The text with blanks up to `columns`; longer text stays.
std::string padded_right(std::string_view text, std::int64_t columns);
/// The text with blanks before it up to `columns`; longer text stays.
std::string padded_left(std::string_view text, std::int64_t columns);
/// `text` so many times; empty if that is negative.
std::string repeated(std::string_view text, std::int64_t times);

}  // namespace carnyx
