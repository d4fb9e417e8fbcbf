#pragma once

#include <initializer_list>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/tensor/shape.h"

namespace carnyx {

/// An option of Keras's that is one number or nested lists of them.
class NumberArray {
 public:
  // NOLINTBEGIN(google-explicit-constructor): {.scale = 0.5} and {.scale = {1, 2, 3}}
  NumberArray(double number) : numbers_{number} {}
  NumberArray(std::initializer_list<double> numbers) : NumberArray(std::vector<double>(numbers)) {}
  NumberArray(std::vector<double> numbers);
  // NOLINTEND(google-explicit-constructor)
  /// Throws InvalidArgument unless the shape has as many elements as there are numbers.
  NumberArray(Shape shape, std::vector<double> numbers);

  /// () for one number.
  [[nodiscard]] const Shape& shape() const { return shape_; }
  /// Row-major.
  [[nodiscard]] const std::vector<double>& numbers() const { return numbers_; }
  /// Whether NumPy's broadcasting can stretch it to `shape`.
  [[nodiscard]] bool stretches_to(const Shape& shape) const;

 private:
  Shape shape_;
  std::vector<double> numbers_;
};

/// A number or nested lists.
Json json_of(const NumberArray& array);
/// From those, or from a NumPy array as Keras 3 writes it. Throws InvalidArgument if the lists are
/// ragged or empty.
NumberArray number_array_from_json(const Json& json);

}  // namespace carnyx
