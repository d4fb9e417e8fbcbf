// What claims of ops between float matrices share.
#pragma once

#include <algorithm>
#include <vector>

#include "graph/plan/chain.h"
#include "graph/plan/planner.h"

namespace carnyx::plan {

inline bool is_narrow(const Planner& planner, int value) {
  const DType dtype = planner.graph().type(value).dtype;
  return dtype == DType::Float32 || dtype == DType::Bfloat16;
}

/// Whether kernels can read and write all that the node does.
inline bool is_narrow_node(const Planner& planner, const Node& node) {
  const auto narrow = [&](int value) { return is_narrow(planner, value); };
  return std::ranges::all_of(node.inputs, narrow) && std::ranges::all_of(node.outputs, narrow);
}

inline void append(std::vector<int>& list, const std::vector<int>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

/// The operand of a value, its buffer noted.
inline kernels::Operand noted(Planner& planner, int value, std::vector<int>& buffers) {
  kernels::Operand operand = planner.operand(value);
  buffers.push_back(operand.buffer);
  return operand;
}

/// Claims a node whose kernel reads `reads` and sends its first output on through stages:
/// make(stages) is that kernel.
template <class Make>
void add_anchor(Planner& planner,
                int node,
                const std::string& label,
                std::vector<int> reads,
                const Make& make) {
  planner.claim(node);
  Chain chain = walk_chain(planner, planner.graph().node(node).outputs[0], node);
  reads.insert(reads.end(), chain.reads.begin(), chain.reads.end());
  planner.add_step(
      make(std::move(chain.stages)), label + chain.label, std::move(reads), chain.writes);
}

}  // namespace carnyx::plan
