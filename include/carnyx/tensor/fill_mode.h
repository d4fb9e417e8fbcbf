#pragma once

#include <cstdint>
#include <string_view>

namespace carnyx {

/// What lies beyond an image's edge, in Keras's words.
enum class FillMode {
  Constant,  ///< k k k | a b c d | k k k
  Nearest,   ///< a a a | a b c d | d d d
  Reflect,   ///< c b a | a b c d | d c b
  Wrap,      ///< b c d | a b c d | a b c
};
std::string_view name_of(FillMode mode);  ///< "constant", "nearest", "reflect", "wrap"
/// Throws InvalidArgument naming the nearest known one.
void from_name(std::string_view name, FillMode& mode);

/// The index in [0, size) of what lies at `index`; -1 where it is the constant. size > 0.
std::int64_t index_within(std::int64_t index, std::int64_t size, FillMode mode);

}  // namespace carnyx
