// NumPy's broadcasting: shapes are aligned at the last axis, and an axis of 1 stretches.
#include <algorithm>

#include "graph/ops/elementwise.h"

namespace carnyx::ops {
namespace {

std::int64_t extent_from_back(const Shape& shape, std::int64_t axis) {
  return axis < shape.rank() ? shape[-1 - axis] : 1;
}

}  // namespace

Shape broadcast_shape(std::string_view op, const Shape& x, const Shape& y) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = std::max(x.rank(), y.rank()) - 1; axis >= 0; --axis) {
    const std::int64_t a = extent_from_back(x, axis);
    const std::int64_t b = extent_from_back(y, axis);
    if (a != b && a != 1 && b != 1) {
      reject(op,
             "the shapes must broadcast together, got " + x.to_string() + " and " + y.to_string());
    }
    axes.push_back(a == 1 ? b : a);
  }
  return Shape(std::move(axes));
}

std::size_t broadcast_source(const Shape& from, const Shape& to, std::size_t index) {
  std::size_t source = 0;
  std::size_t stride = 1;
  for (std::int64_t axis = 0; axis < from.rank(); ++axis) {
    const auto extent = static_cast<std::size_t>(to[-1 - axis]);
    const auto own = static_cast<std::size_t>(from[-1 - axis]);
    if (own != 1) source += index % extent * stride;
    stride *= own;
    index /= extent;
  }
  return source;
}

}  // namespace carnyx::ops
