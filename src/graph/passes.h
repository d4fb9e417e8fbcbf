// Passes: each turns a graph into another that means the same.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "carnyx/graph/graph.h"

namespace carnyx {

/// What a rewriter sees: the old graph, the node, and the new graph with the node's inputs in it.
struct Rewrite {
  const Graph& from;
  int node;
  Graph& to;
  std::span<const Value> inputs;                 // of the node, in `to`
  std::span<const std::optional<Value>> mapped;  // by the old value's id, as far as copied
};

/// New outputs for the node, or nothing to copy it as it is.
using Rewriter = std::function<std::optional<std::vector<Value>>(const Rewrite&)>;

/// The live part of `from`, node by node in order, each as the rewriter wants it. Inputs, states,
/// results and assignments keep their names and order.
std::unique_ptr<Graph> rewritten(const Graph& from, const Rewriter& rewriter);

/// Algebra that every backend profits from; run after gradients.
std::unique_ptr<Graph> simplified(const Graph& graph);

/// The graph in the policy's dtypes: float64 retypes everything; mixed_bfloat16 narrows what
/// follows the compute dtype and leaves states, losses and weight gradients in float32.
std::unique_ptr<Graph> in_compute_dtype(const Graph& graph, DType compute);

/// An input of the node that makes the value.
inline int input_of(const Graph& graph, int value, std::size_t index) {
  return graph.node(graph.producer(value)).inputs[index];
}

/// Readers of each value among the live nodes.
std::vector<std::vector<int>> readers_of(const Graph& graph);
/// Whether a result or an assignment needs the value.
std::vector<bool> kept_values(const Graph& graph);

}  // namespace carnyx
