#include "graph/ops/shape.h"

#include <algorithm>

#include "carnyx/graph/ops.h"

namespace carnyx::ops {

std::vector<ValueType> Reshape::infer(std::span<const ValueType> inputs) const {
  if (shape.elements() != inputs[0].shape.elements()) {
    reject(name(),
           "the element counts must agree, got " + inputs[0].shape.to_string() + " into " +
               shape.to_string());
  }
  return {{shape, inputs[0].dtype}};
}

Gradients Reshape::gradient(std::span<const Value> x,
                            std::span<const Value>,
                            std::span<const std::optional<Value>> dy) const {
  return {reshape(*dy[0], x[0].shape())};
}

void Reshape::reference(const ReferenceArguments& arguments) const {
  std::ranges::copy(arguments.inputs[0].data, arguments.outputs[0].data.begin());
}

Value reshape(Value x, Shape shape) {
  return x.shape() == shape ? x : add_node<Reshape>({x}, std::move(shape));
}

std::vector<ValueType> OneHot::infer(std::span<const ValueType> inputs) const {
  if (inputs[0].shape.rank() != 1 || depth < 1) {
    reject(name(),
           "expected labels [B] and a depth of at least 1, got " + inputs[0].shape.to_string() +
               " and " + std::to_string(depth));
  }
  return {{Shape{inputs[0].shape[0], depth}, DType::Float32}};
}

void OneHot::reference(const ReferenceArguments& arguments) const {
  const auto labels = arguments.inputs[0].data;
  const auto columns = static_cast<std::size_t>(depth);
  fill_output(arguments, [&](std::size_t i) {
    return labels[i / columns] == static_cast<double>(i % columns) ? 1.0 : 0.0;
  });
}

Value one_hot(Value labels, std::int64_t depth) {
  return add_node<OneHot>({labels}, depth);
}

}  // namespace carnyx::ops
