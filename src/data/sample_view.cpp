#include "data/sample_view.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

/// How many elements lie before each border between two axes. A view that merges or splits axes
/// leaves borders out or adds some, and moves none.
std::set<std::int64_t> borders(const Shape& shape) {
  std::set<std::int64_t> borders;
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) borders.insert(elements *= extent);
  borders.erase(1);
  return borders;
}

/// What to do about images whose channels stand elsewhere; nothing for other shapes.
std::string remedy(const Shape& from, const Shape& to) {
  if (from.rank() != 3 || to.rank() != 3) return "";
  if (to == Shape({from[2], from[0], from[1]})) {
    return "; for channels first, begin the model with an input of " + from.to_string() +
           " and Permute({3, 1, 2})";
  }
  if (to == Shape({from[1], from[2], from[0]})) {
    return "; for channels last, begin the model with an input of " + from.to_string() +
           " and Permute({2, 3, 1})";
  }
  return "";
}

}  // namespace

void check_sample_view(const std::string& name, const Shape& from, const Shape& to) {
  const bool has_sizes =
      std::ranges::none_of(to.axes(), [](std::int64_t axis) { return axis < 0; });
  if (!has_sizes || checked_elements(to.axes(), name) != from.elements()) {
    throw InvalidArgument(format(
        "{}: a sample of shape {} can't be seen as {}", name, from.to_string(), to.to_string()));
  }
  const std::set<std::int64_t> had = borders(from);
  const std::set<std::int64_t> wanted = borders(to);
  if (std::ranges::includes(had, wanted) || std::ranges::includes(wanted, had)) return;
  throw InvalidArgument(
      format("{}: a sample of shape {} can't be seen as {}, which would mix its axes{}",
             name,
             from.to_string(),
             to.to_string(),
             remedy(from, to)));
}

}  // namespace carnyx
