#include "graph/ops/source.h"

#include "carnyx/graph/ops.h"

namespace carnyx::ops {

std::vector<ValueType> Constant::infer(std::span<const ValueType>) const {
  if (shape.elements() != static_cast<std::int64_t>(numbers.size())) {
    reject(name(),
           "the shape must hold the numbers, got " + shape.to_string() + " for " +
               std::to_string(numbers.size()));
  }
  return {{shape, DType::Float32}};
}

void ContextNumber::reference(const ReferenceArguments& arguments) const {
  arguments.outputs[0].data[0] = kind == Kind::ValidRows
                                     ? static_cast<double>(arguments.context.valid_rows)
                                     : arguments.context.gradient_scale;
}

Value fill(Graph& graph, Shape shape, double number, DType dtype) {
  return graph.add(std::make_shared<Fill>(ValueType{std::move(shape), dtype}, number), {})[0];
}

Value constant(Graph& graph, Shape shape, std::vector<double> numbers) {
  return graph.add(std::make_shared<Constant>(std::move(shape), std::move(numbers)), {})[0];
}

Value valid_count(Graph& graph) {
  return graph.add(std::make_shared<ContextNumber>(ContextNumber::Kind::ValidRows), {})[0];
}

Value gradient_scale(Graph& graph) {
  return graph.add(std::make_shared<ContextNumber>(ContextNumber::Kind::GradientScale), {})[0];
}

}  // namespace carnyx::ops
