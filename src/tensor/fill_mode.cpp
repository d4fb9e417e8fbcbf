#include "carnyx/tensor/fill_mode.h"

#include <algorithm>
#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 4> kModes = {"constant", "nearest", "reflect", "wrap"};

std::int64_t remainder(std::int64_t index, std::int64_t period) {
  const std::int64_t rest = index % period;
  return rest < 0 ? rest + period : rest;
}

}  // namespace

std::string_view name_of(FillMode mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

void from_name(std::string_view name, FillMode& mode) {
  const auto found = std::ranges::find(kModes, name);
  if (found == kModes.end()) throw InvalidArgument(unknown_name("fill mode", name, kModes));
  mode = static_cast<FillMode>(found - kModes.begin());
}

std::int64_t index_within(std::int64_t index, std::int64_t size, FillMode mode) {
  if (index >= 0 && index < size) return index;
  switch (mode) {
    case FillMode::Constant:
      return -1;
    case FillMode::Nearest:
      return index < 0 ? 0 : size - 1;
    case FillMode::Reflect: {
      const std::int64_t place = remainder(index, 2 * size);
      return std::min(place, 2 * size - 1 - place);
    }
    case FillMode::Wrap:
      return remainder(index, size);
  }
  return -1;
}

}  // namespace carnyx
