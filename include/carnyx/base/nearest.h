// Answers to a name that is not known.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carnyx {

/// The entry of `known` that someone who typed `name` most likely meant; nothing if none is near.
/// Letter case and the difference of '-' and '_' count little.
std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> known);

/// "unknown optimizer 'adm', did you mean 'adam'?", or the list of what is known if nothing is
/// near.
std::string unknown_name(std::string_view what,
                         std::string_view name,
                         std::span<const std::string_view> known);

}  // namespace carnyx
