// Rewrites that every backend profits from. Each is tested against the graph it came from.
#include <algorithm>

#include "carnyx/graph/ops.h"

#include "graph/image_rewrites.h"
#include "graph/ops/elementwise.h"
#include "graph/ops/shape.h"
#include "graph/passes.h"

namespace carnyx {
namespace {

/// gate(dropout(dy), y) with y' = dropout(y) is gate(dy, y', 1 / (1 - rate)): y' is zero where y is
/// or where the mask drops. It removes the second drawing of the mask and y's second reader.
std::optional<Value> gate_by_dropped(const Rewrite& rewrite,
                                     const std::vector<std::vector<int>>& readers) {
  const Node& node = rewrite.from.node(rewrite.node);
  const auto* gate = dynamic_cast<const ops::Gate*>(node.op.get());
  if (gate == nullptr) return std::nullopt;
  const auto* drop = op_as<ops::Dropout>(rewrite.from, node.inputs[0]);
  if (drop == nullptr) return std::nullopt;
  for (const int reader : readers[static_cast<std::size_t>(node.inputs[1])]) {
    const auto* forward = dynamic_cast<const ops::Dropout*>(rewrite.from.node(reader).op.get());
    if (forward == nullptr || forward->stream != drop->stream || forward->rate != drop->rate)
      continue;
    const auto dropped =
        rewrite.mapped[static_cast<std::size_t>(rewrite.from.node(reader).outputs[0])];
    const auto slope =
        rewrite.mapped[static_cast<std::size_t>(input_of(rewrite.from, node.inputs[0], 0))];
    if (dropped && slope) return ops::gate(*slope, *dropped, gate->scale / (1 - drop->rate));
  }
  return std::nullopt;
}

/// convert(x) to the dtype x already has is x.
std::optional<Value> needless_convert(const Rewrite& rewrite) {
  const auto* convert = dynamic_cast<const ops::Convert*>(rewrite.from.node(rewrite.node).op.get());
  if (convert == nullptr || rewrite.inputs[0].dtype() != convert->dtype) return std::nullopt;
  return rewrite.inputs[0];
}

/// reshape(reshape(x)) is one reshape.
std::optional<Value> reshape_chain(const Rewrite& rewrite) {
  const auto* reshape = dynamic_cast<const ops::Reshape*>(rewrite.from.node(rewrite.node).op.get());
  if (reshape == nullptr) return std::nullopt;
  const Value x = rewrite.inputs[0];
  if (op_as<ops::Reshape>(rewrite.to, x.id) == nullptr) return std::nullopt;
  return ops::reshape(rewrite.to.value(input_of(rewrite.to, x.id, 0)), reshape->shape);
}

/// The only reader of an affine's result: it may be moved before the affine at no cost.
bool is_affine_read_once(const Graph& graph,
                         int value,
                         const std::vector<std::vector<int>>& readers,
                         const std::vector<bool>& kept) {
  const auto index = static_cast<std::size_t>(value);
  return op_as<ops::Affine>(graph, value) != nullptr && readers[index].size() == 1 && !kept[index];
}

/// reshape(x * a + b) is reshape(x) * a + b: so a Flatten meets the input, whose rows are gathered
/// in any shape.
std::optional<Value> reshape_first(const Rewrite& rewrite,
                                   const std::vector<std::vector<int>>& readers,
                                   const std::vector<bool>& kept) {
  const Graph& from = rewrite.from;
  const Node& node = from.node(rewrite.node);
  const auto* reshape = dynamic_cast<const ops::Reshape*>(node.op.get());
  if (reshape == nullptr) return std::nullopt;
  std::vector<int> affines;  // last first
  int value = node.inputs[0];
  for (; is_affine_read_once(from, value, readers, kept); value = input_of(from, value, 0)) {
    affines.push_back(value);
  }
  const auto x = rewrite.mapped[static_cast<std::size_t>(value)];
  if (affines.empty() || !x) return std::nullopt;
  Value y = ops::reshape(*x, reshape->shape);
  for (auto affine = affines.rbegin(); affine != affines.rend(); ++affine) {
    y = rewrite.to.add(from.node(from.producer(*affine)).op, std::vector<Value>{y})[0];
    rewrite.to.retype(y.id, from.type(*affine).dtype);
  }
  return y;
}

}  // namespace

std::unique_ptr<Graph> simplified(const Graph& graph) {
  const OldGraph old{.readers = readers_of(graph), .kept = kept_values(graph)};
  return rewritten(graph, [&](const Rewrite& rewrite) -> std::optional<std::vector<Value>> {
    auto value = gate_by_dropped(rewrite, old.readers);
    if (!value) value = needless_convert(rewrite);
    if (!value) value = reshape_chain(rewrite);
    if (!value) value = reshape_first(rewrite, old.readers, old.kept);
    if (!value) value = padding_into_window(rewrite, old);
    if (!value) value = transpose_chain(rewrite);
    if (!value) value = transpose_last(rewrite);
    if (!value) return std::nullopt;
    return std::vector<Value>{*value};
  });
}

}  // namespace carnyx
