#include <algorithm>
#include <map>

#include "carnyx/base/error.h"
#include "carnyx/graph/ops.h"
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

/// Whether only wide ops and results read the value: then nothing is gained by narrowing it.
bool read_wide_only(const Graph& graph, const std::vector<int>& readers) {
  return std::ranges::all_of(readers, [&](int reader) {
    return graph.node(reader).op->precision() == Precision::Wide;
  });
}

std::unique_ptr<Graph> in_bfloat16(const Graph& graph) {
  const auto readers = readers_of(graph);
  std::map<int, Value> narrowed;  // by the wide value's id: one copy serves all readers
  const auto narrow = [&](Value value) {
    if (value.dtype() != DType::Float32) return value;
    const auto known = narrowed.find(value.id);
    if (known != narrowed.end()) return known->second;
    return narrowed.emplace(value.id, ops::convert(value, DType::Bfloat16)).first->second;
  };
  return rewritten(graph, [&](const Rewrite& rewrite) -> std::optional<std::vector<Value>> {
    const Node& node = graph.node(rewrite.node);
    if (node.op->precision() == Precision::Wide) return std::nullopt;
    std::vector<Value> inputs;
    for (const Value& input : rewrite.inputs) inputs.push_back(narrow(input));
    std::vector<Value> outputs = rewrite.to.add(node.op, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const bool floating = is_floating(outputs[i].dtype());
      const bool wide = read_wide_only(graph, readers[static_cast<std::size_t>(node.outputs[i])]);
      if (floating) rewrite.to.retype(outputs[i].id, wide ? DType::Float32 : DType::Bfloat16);
    }
    return outputs;
  });
}

}  // namespace

std::unique_ptr<Graph> in_compute_dtype(const Graph& graph, DType compute) {
  switch (compute) {
    case DType::Float64: return in_float64(graph);
    case DType::Bfloat16: return in_bfloat16(graph);
    case DType::Float32: return rewritten(graph, [](const Rewrite&) { return std::nullopt; });
    default:
      throw InvalidArgument("precision: expected float32, float64 or bfloat16 to compute in, got " +
                            std::string(name_of(compute)));
  }
}

}  // namespace carnyx
