// Numbers that may be missing, in a callback's state.
#pragma once

#include <cstdint>
#include <optional>

#include "carnyx/base/json.h"

namespace carnyx {

template <class T>
Json to_json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

inline std::optional<double> number_or_nothing(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.as_number());
}

inline std::optional<std::int64_t> integer_or_nothing(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.as_int());
}

}  // namespace carnyx
