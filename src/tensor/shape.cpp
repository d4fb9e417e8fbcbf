#include "carnyx/tensor/shape.h"

#include "carnyx/base/error.h"

namespace carnyx {

std::int64_t Shape::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : axes_) product *= extent;
  return product;
}

std::int64_t Shape::rows() const {
  std::int64_t product = 1;
  for (std::size_t axis = 0; axis + 1 < axes_.size(); ++axis) product *= axes_[axis];
  return product;
}

std::string Shape::to_string() const {
  std::string text = "(";
  for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string(axes_[axis]);
  }
  return text + (axes_.size() == 1 ? ",)" : ")");
}

std::int64_t checked_elements(const std::vector<std::int64_t>& axes, const std::string& where) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  std::int64_t product = 1;
  for (const std::int64_t extent : axes) {
    if (extent < 0 || (extent > 0 && product > kMost / extent)) {
      throw InvalidArgument(where + ": a shape's elements must count between 0 and 2^62, got " +
                            Shape(axes).to_string());
    }
    product *= extent;
  }
  return product;
}

}  // namespace carnyx
