#include "carnyx/base/fields.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

namespace carnyx::fields {

void reject(std::string_view where, std::string_view expected, const Json& got) {
  throw InvalidArgument(format("{}: expected {}, got {}", where, expected, got.describe()));
}

void reject_unknown_keys(const Json& object,
                         const std::vector<std::string_view>& known,
                         std::string_view where) {
  for (const auto& [key, value] : object.members()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      throw InvalidArgument(format("{}: {}", where, unknown_name("field", key, known)));
    }
  }
}

std::int64_t read_integer(const Json& json,
                          std::int64_t low,
                          std::uint64_t high,
                          std::string_view where) {
  if (!json.is_integer()) reject(where, "an integer", json);
  const std::int64_t value = json.as_int();
  if (value < low || std::cmp_greater(value, high)) {
    reject(where, format("an integer in [{}, {}]", low, high), json);
  }
  return value;
}

double read_number(const Json& json, double largest, std::string_view where) {
  if (!json.is_number()) reject(where, "a number", json);
  const double value = json.as_number();
  if (std::isfinite(value) && std::abs(value) > largest) {
    reject(where, format("a number of magnitude up to {}", largest), json);
  }
  return value;
}

}  // namespace carnyx::fields
