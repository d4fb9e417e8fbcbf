#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace carnyx {

/// The extent of each axis, outermost first. A plain value; an empty one is a scalar's.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> axes) : axes_(axes) {}
  explicit Shape(std::vector<std::int64_t> axes) : axes_(std::move(axes)) {}

  [[nodiscard]] std::int64_t rank() const { return static_cast<std::int64_t>(axes_.size()); }
  /// Negative axes count from the back, as in NumPy.
  std::int64_t operator[](std::int64_t axis) const {
    return axes_[static_cast<std::size_t>(axis < 0 ? axis + rank() : axis)];
  }
  [[nodiscard]] std::int64_t back() const { return axes_.back(); }
  [[nodiscard]] std::int64_t elements() const;
  /// The product of all axes but the last; 1 for a scalar or a vector.
  [[nodiscard]] std::int64_t rows() const;
  /// The last axis; 1 for a scalar.
  [[nodiscard]] std::int64_t columns() const { return axes_.empty() ? 1 : axes_.back(); }
  [[nodiscard]] const std::vector<std::int64_t>& axes() const { return axes_; }
  /// As NumPy prints it: "(128, 784)", "(3,)", "()".
  [[nodiscard]] std::string to_string() const;

  auto begin() const { return axes_.begin(); }
  auto end() const { return axes_.end(); }
  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> axes_;
};

/// Product of the axes; throws InvalidArgument naming `where` if it is negative or over 2^62.
std::int64_t checked_elements(const std::vector<std::int64_t>& axes, const std::string& where);

}  // namespace carnyx
