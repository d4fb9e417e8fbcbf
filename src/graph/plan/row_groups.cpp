#include "graph/plan/row_groups.h"

namespace carnyx::plan {

std::optional<std::int64_t> rows_per_group(const Shape& part, const Shape& whole) {
  const std::int64_t missing = whole.rank() - part.rank();
  if (missing < 0 || part.rank() == 0 || whole.rows() == 0) return std::nullopt;
  std::int64_t length = 1;
  for (std::int64_t axis = 0; axis + 1 < whole.rank(); ++axis) {
    const std::int64_t extent = axis < missing ? 1 : part[axis - missing];
    if (extent == 1) {
      length *= whole[axis];
    } else if (extent != whole[axis] || length != 1) {
      return std::nullopt;
    }
  }
  return length;
}

}  // namespace carnyx::plan
