#include "carnyx/layers/number_array.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

Json nested(const Shape& shape,
            const std::vector<double>& numbers,
            std::int64_t axis,
            std::size_t& at) {
  if (axis == shape.rank()) return numbers[at++];
  Json list = Json::array();
  for (std::int64_t i = 0; i < shape[axis]; ++i)
    list.push_back(nested(shape, numbers, axis + 1, at));
  return list;
}

std::vector<std::int64_t> axes_of(const Json& json) {
  std::vector<std::int64_t> axes;
  for (const Json* level = &json; level->is_array(); level = &level->at(std::size_t{0})) {
    if (level->size() == 0) throw InvalidArgument("numbers: expected at least one in each list");
    axes.push_back(static_cast<std::int64_t>(level->size()));
  }
  return axes;
}

void flatten(const Json& json,
             const Shape& shape,
             std::int64_t axis,
             std::vector<double>& numbers) {
  if (axis == shape.rank()) return numbers.push_back(json.as_number());
  if (!json.is_array() || static_cast<std::int64_t>(json.size()) != shape[axis]) {
    throw InvalidArgument(format("numbers: expected lists of one length, {}, got {} beside them",
                                 shape[axis],
                                 json.describe()));
  }
  for (const Json& item : json.items()) flatten(item, shape, axis + 1, numbers);
}

}  // namespace

NumberArray::NumberArray(std::vector<double> numbers)
    : shape_({static_cast<std::int64_t>(numbers.size())}), numbers_(std::move(numbers)) {}

NumberArray::NumberArray(Shape shape, std::vector<double> numbers)
    : shape_(std::move(shape)), numbers_(std::move(numbers)) {
  if (shape_.elements() != static_cast<std::int64_t>(numbers_.size())) {
    throw InvalidArgument(
        format("numbers: expected as many as {} has, got {}", shape_.to_string(), numbers_.size()));
  }
}

bool NumberArray::stretches_to(const Shape& shape) const {
  const std::int64_t missing = shape.rank() - shape_.rank();
  if (missing < 0) return false;
  for (std::int64_t axis = 0; axis < shape_.rank(); ++axis) {
    if (shape_[axis] != 1 && shape_[axis] != shape[missing + axis]) return false;
  }
  return true;
}

Json json_of(const NumberArray& array) {
  std::size_t at = 0;
  return nested(array.shape(), array.numbers(), 0, at);
}

NumberArray number_array_from_json(const Json& json) {
  if (json.is_object()) return number_array_from_json(json.at("config").at("value"));
  const Shape shape(axes_of(json));
  std::vector<double> numbers;
  flatten(json, shape, 0, numbers);
  return {shape, std::move(numbers)};
}

}  // namespace carnyx
