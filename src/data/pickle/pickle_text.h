// Texts as pickles of protocol 0 to 2 write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carnyx {

/// A Python literal with its quotes, 'a\x00\n', as bytes; nothing if it is none.
std::optional<std::string> unquoted(std::string_view literal);

/// Python's raw-unicode-escape as UTF-8: Latin-1, \uXXXX and \UXXXXXXXX; nothing if it is broken.
std::optional<std::string> from_raw_unicode_escape(std::string_view text);

/// UTF-8 as the bytes of Latin-1; nothing if it is broken or has a character above U+00FF.
std::optional<std::string> utf8_to_latin1(std::string_view text);

/// The beginning of a text from outside, fit for an error message.
std::string printable(std::string_view text);

}  // namespace carnyx
