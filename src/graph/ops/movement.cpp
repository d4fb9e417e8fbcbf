#include "graph/ops/movement.h"

#include <algorithm>
#include <numeric>

namespace carnyx::ops {
namespace {

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

/// Elements from one index of each axis to the next, row-major.
Axes strides_of(const Shape& shape) {
  Axes strides(at(shape.rank()), 1);
  for (std::int64_t axis = shape.rank() - 1; axis-- > 0;) {
    strides[at(axis)] = strides[at(axis + 1)] * shape[axis + 1];
  }
  return strides;
}

/// f(element of a row-major `shape`, sum of its indices times `strides`) for every element.
template <class F>
void for_each_element(const Shape& shape, const Axes& strides, const F& f) {
  Axes index(at(shape.rank()), 0);
  std::int64_t place = 0;
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    f(at(i), place);
    for (std::int64_t axis = shape.rank(); axis-- > 0;) {
      place += strides[at(axis)];
      if (++index[at(axis)] < shape[axis]) break;
      place -= strides[at(axis)] * shape[axis];
      index[at(axis)] = 0;
    }
  }
}

/// Where an element's indices lead in a row-major whole that has the part begin there.
std::int64_t place_of(const Axes& begin, const Axes& strides) {
  return std::inner_product(begin.begin(), begin.end(), strides.begin(), std::int64_t{0});
}

void require_axes(std::string_view op, const Shape& x, const Axes& axes) {
  if (std::ssize(axes) == x.rank()) return;
  reject(op,
         "expected a number for each axis of " + x.to_string() + ", got " +
             std::to_string(axes.size()));
}

Shape with_extent(const Shape& shape, std::int64_t axis, std::int64_t extent) {
  Axes axes = shape.axes();
  axes[at(axis)] = extent;
  return Shape(std::move(axes));
}

}  // namespace

std::vector<ValueType> Transpose::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  require_axes(name(), x, permutation);
  Axes sorted = permutation;
  std::ranges::sort(sorted);
  Axes extents;
  for (std::int64_t axis = 0; axis < x.rank(); ++axis) {
    if (sorted[at(axis)] != axis) {
      reject(name(),
             "expected each axis of " + x.to_string() + " once, got " +
                 Shape(permutation).to_string());
    }
    extents.push_back(x[permutation[at(axis)]]);
  }
  return {{Shape(std::move(extents)), inputs[0].dtype}};
}

Gradients Transpose::gradient(std::span<const Value>,
                              std::span<const Value>,
                              std::span<const std::optional<Value>> dy) const {
  Axes inverse(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    inverse[at(permutation[i])] = static_cast<std::int64_t>(i);
  }
  return {transpose(*dy[0], std::move(inverse))};
}

void Transpose::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const Array& y = arguments.outputs[0];
  const Axes strides = strides_of(x.shape);
  Axes moved;
  for (const std::int64_t axis : permutation) moved.push_back(strides[at(axis)]);
  for_each_element(
      y.shape, moved, [&](std::size_t i, std::int64_t from) { y.data[i] = x.data[at(from)]; });
}

Value transpose(Value x, std::vector<std::int64_t> permutation) {
  Axes identity(at(x.shape().rank()));
  std::iota(identity.begin(), identity.end(), 0);
  return permutation == identity ? x : add_node<Transpose>({x}, std::move(permutation));
}

std::vector<ValueType> Slice::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  require_axes(name(), x, begin);
  require_axes(name(), x, extents.axes());
  for (std::int64_t axis = 0; axis < x.rank(); ++axis) {
    const std::int64_t first = begin[at(axis)];
    if (first >= 0 && extents[axis] >= 0 && first + extents[axis] <= x[axis]) continue;
    reject(
        name(),
        extents.to_string() + " from " + Shape(begin).to_string() + " on leaves " + x.to_string());
  }
  return {{extents, inputs[0].dtype}};
}

Gradients Slice::gradient(std::span<const Value> x,
                          std::span<const Value>,
                          std::span<const std::optional<Value>> dy) const {
  Axes after;
  for (std::int64_t axis = 0; axis < extents.rank(); ++axis) {
    after.push_back(x[0].shape()[axis] - begin[at(axis)] - extents[axis]);
  }
  return {pad(*dy[0], begin, std::move(after))};
}

void Slice::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const Axes strides = strides_of(x.shape);
  const std::int64_t first = place_of(begin, strides);
  for_each_element(extents, strides, [&](std::size_t i, std::int64_t from) {
    arguments.outputs[0].data[i] = x.data[at(first + from)];
  });
}

Value slice(Value x, std::vector<std::int64_t> begin, const Shape& extents) {
  const Axes zeros(at(x.shape().rank()), 0);
  const bool is_whole = x.shape() == extents && begin == zeros;
  return is_whole ? x : add_node<Slice>({x}, std::move(begin), extents);
}

std::vector<ValueType> Pad::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  require_axes(name(), x, before);
  require_axes(name(), x, after);
  Axes axes = x.axes();
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    if (before[axis] < 0 || after[axis] < 0) reject(name(), "expected padding of 0 or more");
    axes[axis] += before[axis] + after[axis];
  }
  return {{Shape(std::move(axes)), inputs[0].dtype}};
}

Gradients Pad::gradient(std::span<const Value> x,
                        std::span<const Value>,
                        std::span<const std::optional<Value>> dy) const {
  return {slice(*dy[0], before, x[0].shape())};
}

void Pad::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const Array& y = arguments.outputs[0];
  std::ranges::fill(y.data, number);
  const Axes strides = strides_of(y.shape);
  const std::int64_t first = place_of(before, strides);
  for_each_element(x.shape, strides, [&](std::size_t i, std::int64_t to) {
    y.data[at(first + to)] = x.data[i];
  });
}

Value pad(Value x,
          std::vector<std::int64_t> before,
          std::vector<std::int64_t> after,
          double number) {
  const Axes zeros(at(x.shape().rank()), 0);
  if (before == zeros && after == zeros) return x;
  return add_node<Pad>({x}, std::move(before), std::move(after), number);
}

std::vector<ValueType> Concatenate::infer(std::span<const ValueType> inputs) const {
  if (inputs.empty()) reject(name(), "expected at least one value, got none");
  const ValueType& first = inputs[0];
  if (axis < 0 || axis >= first.shape.rank()) {
    reject(name(), "no axis " + std::to_string(axis) + " in " + first.shape.to_string());
  }
  std::int64_t extent = 0;
  for (const ValueType& input : inputs) {
    const bool fits = input.shape.rank() == first.shape.rank() && input.dtype == first.dtype &&
                      with_extent(input.shape, axis, 0) == with_extent(first.shape, axis, 0);
    if (!fits) {
      reject(name(),
             "all axes but " + std::to_string(axis) + " must agree, got " +
                 first.shape.to_string() + " and " + input.shape.to_string());
    }
    extent += input.shape[axis];
  }
  return {{with_extent(first.shape, axis, extent), first.dtype}};
}

Gradients Concatenate::gradient(std::span<const Value> x,
                                std::span<const Value>,
                                std::span<const std::optional<Value>> dy) const {
  Gradients slopes;
  Axes begin(at(dy[0]->shape().rank()), 0);
  for (const Value& part : x) {
    slopes.emplace_back(slice(*dy[0], begin, part.shape()));
    begin[at(axis)] += part.shape()[axis];
  }
  return slopes;
}

void Concatenate::reference(const ReferenceArguments& arguments) const {
  const Array& y = arguments.outputs[0];
  const Axes strides = strides_of(y.shape);
  std::int64_t first = 0;
  for (const ConstArray& x : arguments.inputs) {
    for_each_element(x.shape, strides, [&](std::size_t i, std::int64_t to) {
      y.data[at(first + to)] = x.data[i];
    });
    first += x.shape[axis] * strides[at(axis)];
  }
}

Value concatenate(std::span<const Value> values, std::int64_t axis) {
  if (values.empty()) reject("concatenate", "expected at least one value, got none");
  const std::int64_t rank = values[0].shape().rank();
  auto op = std::make_shared<Concatenate>(axis < 0 ? axis + rank : axis);
  return values[0].graph->add(std::move(op), values)[0];
}

}  // namespace carnyx::ops
