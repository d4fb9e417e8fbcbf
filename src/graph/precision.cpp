#include <algorithm>
#include <map>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/graph/ops.h"

#include "graph/ops/all_reduce.h"
#include "graph/ops/elementwise.h"
#include "graph/ops/step.h"
#include "graph/passes.h"

namespace carnyx {
namespace {

std::unique_ptr<Graph> in_float64(const Graph& graph) {
  auto wide = rewritten(graph, [](const Rewrite&) { return std::nullopt; });
  for (int value = 0; value < wide->value_count(); ++value) {
    if (wide->type(value).dtype == DType::Float32) wide->retype(value, DType::Float64);
  }
  return wide;
}

/// Values computed from states and constants alone, such as a penalty on a weight.
std::vector<bool> without_inputs(const Graph& graph) {
  std::vector<bool> free(static_cast<std::size_t>(graph.value_count()), true);
  for (const Graph::Input& input : graph.inputs())
    free[static_cast<std::size_t>(input.value)] = false;
  for (int i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node(i);
    const bool all = std::ranges::all_of(
        node.inputs, [&](int input) { return free[static_cast<std::size_t>(input)]; });
    if (node.inputs.empty() || all) continue;
    for (const int output : node.outputs) free[static_cast<std::size_t>(output)] = false;
  }
  return free;
}

template <class T>
bool is_a(const Node& node) {
  return dynamic_cast<const T*>(node.op.get()) != nullptr;
}

/// Nodes that add up the values that `part` marks, and what goes into those sums.
std::vector<bool> sums_of(const Graph& graph, std::vector<bool> part, bool with_factors) {
  std::vector<bool> sums(static_cast<std::size_t>(graph.node_count()), false);
  for (int i = graph.node_count(); i-- > 0;) {
    const Node& node = graph.node(i);
    const auto is_part = [&](int output) { return part[static_cast<std::size_t>(output)]; };
    const bool adds = is_a<ops::Binary>(node) || is_a<ops::AllReduce>(node) ||
                      (with_factors && is_a<ops::Affine>(node));
    if (!adds || std::ranges::none_of(node.outputs, is_part)) continue;
    sums[static_cast<std::size_t>(i)] = true;
    for (const int input : node.inputs) part[static_cast<std::size_t>(input)] = true;
  }
  return sums;
}

/// Nodes that add up the parts of a weight's gradient.
std::vector<bool> gradient_sums(const Graph& graph) {
  std::vector<bool> part(static_cast<std::size_t>(graph.value_count()), false);
  for (int i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node(i);
    if (is_a<ops::Update>(node)) part[static_cast<std::size_t>(node.inputs[1])] = true;
  }
  return sums_of(graph, std::move(part), false);
}

/// Nodes that move a state by sums and factors, as moving statistics are: a step adds less to them
/// than a bfloat16 of them can tell.
std::vector<bool> state_sums(const Graph& graph) {
  std::vector<bool> part(static_cast<std::size_t>(graph.value_count()), false);
  for (const Graph::Assignment& assignment : graph.assignments()) {
    part[static_cast<std::size_t>(assignment.next)] = true;
  }
  return sums_of(graph, std::move(part), true);
}

/// Which nodes compute in float32: those of wide ops, those that were added as such, those that no
/// input reaches, what adds up the weights' gradients or is made of them, such as their norm, and
/// what adds up states.
std::vector<bool> wide_nodes(const Graph& graph) {
  const std::vector<bool> free = without_inputs(graph);
  const std::vector<bool> sums = gradient_sums(graph);
  const std::vector<bool> moves = state_sums(graph);
  std::vector<bool> from_gradient(static_cast<std::size_t>(graph.value_count()), false);
  for (int i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node(i);
    const bool updates = dynamic_cast<const ops::Update*>(node.op.get()) != nullptr;
    if (updates) from_gradient[static_cast<std::size_t>(node.inputs[1])] = true;
  }
  std::vector<bool> wide(static_cast<std::size_t>(graph.node_count()), false);
  for (int i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node(i);
    const bool optimizes = std::ranges::any_of(
        node.inputs, [&](int input) { return from_gradient[static_cast<std::size_t>(input)]; });
    const bool reached = !node.outputs.empty() && !free[static_cast<std::size_t>(node.outputs[0])];
    wide[static_cast<std::size_t>(i)] =
        node.wide || optimizes || !reached || sums[static_cast<std::size_t>(i)] ||
        moves[static_cast<std::size_t>(i)] || node.op->precision() == Precision::Wide;
    if (!optimizes) continue;
    for (const int output : node.outputs) from_gradient[static_cast<std::size_t>(output)] = true;
  }
  return wide;
}

std::unique_ptr<Graph> in_bfloat16(const Graph& graph) {
  const auto readers = readers_of(graph);
  const std::vector<bool> wide = wide_nodes(graph);
  const auto is_wide = [&](int node) { return wide[static_cast<std::size_t>(node)]; };
  std::map<int, Value> narrowed;  // by the wide value's id: one copy serves all readers
  const auto narrow = [&](Value value) {
    if (value.dtype() != DType::Float32) return value;
    const auto known = narrowed.find(value.id);
    if (known != narrowed.end()) return known->second;
    return narrowed.emplace(value.id, ops::convert(value, DType::Bfloat16)).first->second;
  };
  return rewritten(graph, [&](const Rewrite& rewrite) -> std::optional<std::vector<Value>> {
    const Node& node = graph.node(rewrite.node);
    if (is_wide(rewrite.node)) return std::nullopt;
    if (node.op->precision() == Precision::Inside) return rewrite.to.add(node.op, rewrite.inputs);
    std::vector<Value> inputs;
    for (const Value& input : rewrite.inputs) inputs.push_back(narrow(input));
    std::vector<Value> outputs = rewrite.to.add(node.op, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const DType dtype = outputs[i].dtype();
      if (dtype != DType::Float32 && dtype != DType::Bfloat16) continue;
      // Where only wide ops and results read the value, nothing is gained by narrowing it.
      const bool stays =
          std::ranges::all_of(readers[static_cast<std::size_t>(node.outputs[i])], is_wide);
      rewrite.to.retype(outputs[i].id, stays ? DType::Float32 : DType::Bfloat16);
    }
    return outputs;
  });
}

}  // namespace

std::unique_ptr<Graph> in_compute_dtype(const Graph& graph, DType compute) {
  switch (compute) {
    case DType::Float64:
      return in_float64(graph);
    case DType::Bfloat16:
      return in_bfloat16(graph);
    case DType::Float32:
      return rewritten(graph, [](const Rewrite&) { return std::nullopt; });
    default:
      throw InvalidArgument("precision: expected float32, float64 or bfloat16 to compute in, got " +
                            std::string(name_of(compute)));
  }
}

}  // namespace carnyx
