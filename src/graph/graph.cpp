#include "carnyx/graph/graph.h"

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"

#include "graph/ops/source.h"

namespace carnyx {

const Shape& Value::shape() const {
  return graph->type(id).shape;
}
DType Value::dtype() const {
  return graph->type(id).dtype;
}

Gradients Op::gradient(std::span<const Value> inputs,
                       std::span<const Value>,
                       std::span<const std::optional<Value>>) const {
  return Gradients(inputs.size());
}

std::vector<Value> Graph::add(std::shared_ptr<const Op> op, std::span<const Value> inputs) {
  Node node{.op = std::move(op), .inputs = {}, .outputs = {}, .wide = wide_};
  std::vector<ValueType> input_types;
  for (const Value& input : inputs) {
    CARNYX_ENSURE(input.graph == this && input.id >= 0 && input.id < value_count());
    node.inputs.push_back(input.id);
    input_types.push_back(type(input.id));
  }
  std::vector<Value> results;
  for (ValueType& inferred : node.op->infer(input_types)) {
    node.outputs.push_back(value_count());
    results.push_back({this, value_count()});
    types_.push_back(std::move(inferred));
    producers_.push_back(node_count());
  }
  nodes_.push_back(std::move(node));
  return results;
}

Value Graph::input(std::string name, ValueType type) {
  const Value made = add(std::make_shared<ops::Source>("input", std::move(type)), {})[0];
  inputs_.push_back({std::move(name), made.id});
  return made;
}

Value Graph::state(const StateSpec& spec) {
  const auto [found, is_new] = states_by_name_.try_emplace(spec.name, states_.size());
  if (!is_new) {
    const State& known = states_[found->second];
    if (known.spec.shape != spec.shape) {
      throw InvalidArgument("weight '" + spec.name +
                            "': shared layers must agree on its shape, got " +
                            spec.shape.to_string() + " after " + known.spec.shape.to_string());
    }
    return value(known.value);
  }
  const Value made =
      add(std::make_shared<ops::Source>("state", ValueType{spec.shape, DType::Float32}), {})[0];
  states_.push_back({spec, made.id});
  return made;
}

void Graph::assign(Value state, Value next) {
  const auto index = state_of(state.id);
  CARNYX_ENSURE(index.has_value());
  CARNYX_ENSURE(state.shape() == next.shape());
  for (Assignment& known : assignments_) {
    if (known.state != *index) continue;
    known.next = next.id;
    return;
  }
  assignments_.push_back({*index, next.id});
}

void Graph::result(std::string name, Value value) {
  results_.push_back({std::move(name), value.id});
}

std::optional<int> Graph::state_of(int value) const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].value == value) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::vector<bool> Graph::live_nodes() const {
  std::vector<bool> live(nodes_.size(), false);
  const auto need = [&](int value) { live[static_cast<std::size_t>(producer(value))] = true; };
  for (const Result& result : results_) need(result.value);
  for (const Assignment& assignment : assignments_) need(assignment.next);
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (!live[i]) continue;
    for (const int input : nodes_[i].inputs) need(input);
  }
  return live;
}

}  // namespace carnyx
