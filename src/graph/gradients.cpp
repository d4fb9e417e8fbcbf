// Reverse mode over the graph: one walk backwards, each op's own rule, sums where paths meet. What
// is wide has wide gradients.
#include <algorithm>

#include "carnyx/graph/graph.h"
#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

/// Which nodes lie on a path from a source; only their gradients are built.
std::vector<bool> reachable_from(const Graph& graph, std::span<const Value> sources) {
  std::vector<bool> value_reached(static_cast<std::size_t>(graph.value_count()), false);
  for (const Value& source : sources) value_reached[static_cast<std::size_t>(source.id)] = true;
  std::vector<bool> reached(static_cast<std::size_t>(graph.node_count()), false);
  for (int i = 0; i < graph.node_count(); ++i) {
    const Node& node = graph.node(i);
    const bool any = std::ranges::any_of(
        node.inputs, [&](int input) { return value_reached[static_cast<std::size_t>(input)]; });
    if (!any) continue;
    reached[static_cast<std::size_t>(i)] = true;
    for (const int output : node.outputs) value_reached[static_cast<std::size_t>(output)] = true;
  }
  return reached;
}

}  // namespace

std::vector<Value> gradients(Value target, std::span<const Value> sources) {
  Graph& graph = *target.graph;
  const std::vector<bool> wanted = reachable_from(graph, sources);
  std::vector<std::optional<Value>> slopes(static_cast<std::size_t>(graph.value_count()));
  slopes[static_cast<std::size_t>(target.id)] = ops::fill(graph, target.shape(), 1, target.dtype());
  for (int i = graph.producer(target.id); i >= 0; --i) {
    if (!wanted[static_cast<std::size_t>(i)]) continue;
    const Node node = graph.node(i);  // a copy: the rule below adds nodes
    std::vector<Value> inputs;
    std::vector<Value> outputs;
    std::vector<std::optional<Value>> output_slopes;
    for (const int input : node.inputs) inputs.push_back(graph.value(input));
    for (const int output : node.outputs) {
      outputs.push_back(graph.value(output));
      output_slopes.push_back(slopes[static_cast<std::size_t>(output)]);
    }
    if (std::ranges::none_of(output_slopes, [](const auto& s) { return s.has_value(); })) continue;
    const Graph::Wide scope(graph, node.wide);
    const Gradients parts = node.op->gradient(inputs, outputs, output_slopes);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (!parts[k]) continue;
      auto& slope = slopes[static_cast<std::size_t>(inputs[k].id)];
      slope = slope ? ops::add(*slope, *parts[k]) : *parts[k];
    }
  }
  std::vector<Value> result;
  for (const Value& source : sources) {
    const auto& slope = slopes[static_cast<std::size_t>(source.id)];
    result.push_back(slope ? *slope : ops::fill(graph, source.shape(), 0, source.dtype()));
  }
  return result;
}

}  // namespace carnyx
