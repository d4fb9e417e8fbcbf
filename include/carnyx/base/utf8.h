// UTF-8, strictly: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace carnyx::utf8 {

/// Bytes of the sequence that `text` begins with; 0 if that is none.
std::size_t sequence_length(std::string_view text);

/// The code point of a valid sequence of `length` bytes.
std::uint32_t decode(std::string_view text, std::size_t length);

/// Adds the sequence of a code point that is no surrogate.
void append(std::string& out, std::uint32_t code);

}  // namespace carnyx::utf8
