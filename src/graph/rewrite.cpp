#include "carnyx/base/ensure.h"

#include "graph/at.h"
#include "graph/ops/source.h"
#include "graph/passes.h"

namespace carnyx {
namespace {

using Mapped = std::vector<std::optional<Value>>;

/// Inputs and states are named, so they are made through the graph's own calls; all of them, live
/// or not, since callers bind them by name.
void copy_sources(const Graph& from, Graph& to, Mapped& mapped) {
  for (const Graph::Input& input : from.inputs()) {
    mapped[at(input.value)] = to.input(input.name, from.type(input.value));
  }
  for (const Graph::State& state : from.states()) {
    mapped[at(state.value)] = to.state(state.spec);
    to.retype(mapped[at(state.value)]->id, from.type(state.value).dtype);
  }
}

void copy_node(const Graph& from, int index, const Rewriter& rewriter, Graph& to, Mapped& mapped) {
  const Node& node = from.node(index);
  std::vector<Value> inputs;
  for (const int input : node.inputs) inputs.push_back(mapped[at(input)].value());
  const Graph::Wide scope(to, node.wide);
  auto outputs = rewriter({from, index, to, inputs, mapped});
  if (!outputs) {
    outputs = to.add(node.op, inputs);
    for (std::size_t i = 0; i < outputs->size(); ++i) {
      to.retype((*outputs)[i].id, from.type(node.outputs[i]).dtype);  // passes may have chosen it
    }
  }
  CARNYX_ENSURE(outputs->size() == node.outputs.size());
  for (std::size_t i = 0; i < outputs->size(); ++i) mapped[at(node.outputs[i])] = (*outputs)[i];
}

}  // namespace

std::unique_ptr<Graph> rewritten(const Graph& from, const Rewriter& rewriter) {
  auto to = std::make_unique<Graph>();
  Mapped mapped(at(from.value_count()));
  copy_sources(from, *to, mapped);
  const std::vector<bool> live = from.live_nodes();
  for (int i = 0; i < from.node_count(); ++i) {
    const bool named = dynamic_cast<const ops::Source*>(from.node(i).op.get()) != nullptr;
    if (live[at(i)] && !named) copy_node(from, i, rewriter, *to, mapped);
  }
  for (const auto& result : from.results()) {
    to->result(result.name, mapped[at(result.value)].value());
  }
  for (const auto& assignment : from.assignments()) {
    const int state = from.states()[at(assignment.state)].value;
    to->assign(mapped[at(state)].value(), mapped[at(assignment.next)].value());
  }
  return to;
}

std::vector<std::vector<int>> readers_of(const Graph& graph) {
  std::vector<std::vector<int>> readers(at(graph.value_count()));
  const std::vector<bool> live = graph.live_nodes();
  for (int i = 0; i < graph.node_count(); ++i) {
    if (!live[at(i)]) continue;
    for (const int input : graph.node(i).inputs) readers[at(input)].push_back(i);
  }
  return readers;
}

std::vector<bool> kept_values(const Graph& graph) {
  std::vector<bool> kept(at(graph.value_count()), false);
  for (const auto& result : graph.results()) kept[at(result.value)] = true;
  for (const auto& assignment : graph.assignments()) kept[at(assignment.next)] = true;
  return kept;
}

}  // namespace carnyx
