// Which groups of nodes one kernel computes. Each claim looks at an anchor and takes what fuses.
#include <algorithm>

#include "carnyx/kernels/steps.h"

#include "graph/ops/elementwise.h"
#include "graph/ops/loss.h"
#include "graph/ops/matmul.h"
#include "graph/ops/reduce.h"
#include "graph/plan/chain.h"
#include "graph/plan/planner.h"
#include "graph/plan/reference_kernel.h"
#include "graph/plan/sink.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;

bool narrow(const ValueType& type) {
  return type.dtype == DType::Float32 || type.dtype == DType::Bfloat16;
}

/// The open node that sums b's rows: a bias's gradient, read from the b that the matmul reads.
std::optional<int> column_sum_of(const Planner& planner, int matmul, int b, std::int64_t columns) {
  for (const int reader : planner.readers(b)) {
    const auto* sum = dynamic_cast<const ops::SumTo*>(planner.graph().node(reader).op.get());
    if (sum == nullptr || !planner.is_open(reader) || sum->shape != Shape{columns}) continue;
    if (planner.can_join(matmul, reader)) return reader;
  }
  return std::nullopt;
}

bool is_weight_gradient(const Planner& planner, int node, int value) {
  const auto* op = dynamic_cast<const ops::Matmul*>(planner.graph().node(node).op.get());
  return op->transpose_a && !op->transpose_b && planner.graph().type(value).dtype == DType::Float32;
}

}  // namespace

bool claim_matmul(Planner& planner, int node) {
  const Graph& graph = planner.graph();
  const auto* op = dynamic_cast<const ops::Matmul*>(graph.node(node).op.get());
  const int result = graph.node(node).outputs[0];
  const int b = graph.node(node).inputs[1];
  if (op == nullptr || !narrow(graph.type(result))) return false;
  planner.claim(node);
  const Shape& shape = graph.type(result).shape;
  kernels::MatmulSpec spec{.m = shape.rows(),
                           .n = shape.columns(),
                           .a = planner.left_operand(node),
                           .b = planner.right_operand(node),
                           .transpose_a = op->transpose_a,
                           .transpose_b = op->transpose_b};
  spec.k = op->transpose_a ? spec.a.shape.rows() : spec.a.shape.columns();
  std::vector<int> reads = {spec.a.buffer, spec.b.buffer};
  std::vector<int> writes;
  const int parts = planner.tile_parts(node);
  std::string label = (parts == 0   ? "matmul"
                       : parts == 1 ? "tiles"
                                    : "tiles x3") +
                      shape.to_string();
  if (is_weight_gradient(planner, node, result) && planner.sole_update(node, result)) {
    std::optional<Operand> store;
    sink_update(planner, node, result, spec.update, store, reads, writes);
    label += spec.update ? " +update" : "";
  } else {
    Chain chain = walk_chain(planner, result, node);
    spec.stages = std::move(chain.stages);
    reads = joined(reads, chain.reads);
    writes = joined(writes, chain.writes);
    label += chain.label;
  }
  if (op->transpose_a && !op->transpose_b) {
    if (const auto sum = column_sum_of(planner, node, b, spec.n)) {
      planner.join(node, *sum);
      spec.column_sum.emplace();
      const int total = graph.node(*sum).outputs[0];
      sink_update(
          planner, node, total, spec.column_sum->update, spec.column_sum->store, reads, writes);
      label += spec.column_sum->update ? " +column_sum +update" : " +column_sum";
    }
  }
  planner.add_step(kernels::make_matmul(std::move(spec)), label, reads, writes);
  return true;
}

bool claim_update(Planner& planner, int node) {
  const Graph& graph = planner.graph();
  auto target = planner.update_target(node);
  if (!target) return false;
  const Operand gradient = planner.operand(graph.node(node).inputs[1]);
  if (!(gradient.format == target->weight.format)) return false;  // an input's rows, as they came
  planner.claim(node);
  std::vector<int> reads = joined(std::vector<int>{gradient.buffer}, target_buffers(*target));
  std::optional<Operand> multiplier;
  if (dynamic_cast<const ops::Update*>(graph.node(node).op.get())->multiplied) {
    multiplier = planner.operand(graph.node(node).inputs.back());
    reads.push_back(multiplier->buffer);
  }
  const auto writes = written_buffers(*target);
  planner.add_step(
      kernels::make_update(gradient, std::move(*target), multiplier), "update", reads, writes);
  return true;
}

namespace {

/// The sum of x or of its squares; large ones in two steps.
void add_sum(Planner& planner, int sum, int x, bool squared) {
  const Graph& graph = planner.graph();
  const auto* op = dynamic_cast<const ops::SumAll*>(graph.node(sum).op.get());
  const Operand from = planner.operand(x);
  const Operand to = planner.operand(graph.node(sum).outputs[0]);
  const std::int64_t chunks = kernels::sum_chunks(from.shape);
  const Operand partials =
      chunks == 1 ? to : planner.extra(Shape{chunks}, {kernels::Layout::Rows, DType::Float64});
  planner.add_step(
      kernels::make_sum(
          {.x = from, .partials = partials, .only_valid_rows = op->valid_only, .squared = squared}),
      std::string(op->name()) + (squared ? " of squares" : ""),
      {from.buffer},
      {partials.buffer});
  if (chunks == 1) return;
  planner.add_step(kernels::make_sum_partials(partials, {to}),
                   "sum of partials",
                   {partials.buffer},
                   {to.buffer});
}

}  // namespace

bool claim_sum(Planner& planner, int node) {
  const Graph& graph = planner.graph();
  const auto* op = dynamic_cast<const ops::SumAll*>(graph.node(node).op.get());
  const int x = graph.node(node).inputs[0];
  if (op == nullptr || !narrow(graph.type(x))) return false;
  planner.claim(node);
  add_sum(planner, node, x, false);
  return true;
}

/// Before a matmul takes the squares for a second result: they need no memory.
bool claim_sum_of_squares(Planner& planner, int node) {
  const Graph& graph = planner.graph();
  const auto* op = dynamic_cast<const ops::SumAll*>(graph.node(node).op.get());
  const int squares = graph.node(node).inputs[0];
  const int square = graph.producer(squares);
  if (op == nullptr || op->valid_only || square < 0) return false;
  const auto* unary = dynamic_cast<const ops::Unary*>(graph.node(square).op.get());
  if (unary == nullptr || unary->kind != kernels::UnaryKind::Square) return false;
  const int x = graph.node(square).inputs[0];
  if (!planner.is_open(square) || !narrow(graph.type(x))) return false;
  if (planner.readers(squares).size() != 1 || planner.is_kept(squares)) return false;
  planner.claim(node);
  planner.join(node, square);
  add_sum(planner, node, x, true);
  return true;
}

bool claim_elementwise(Planner& planner, int node) {
  const Graph& graph = planner.graph();
  const std::vector<int> inputs = graph.node(node).inputs;
  for (const int input : inputs) {
    if (!narrow(graph.type(input))) continue;
    // Walk from the input as if it were a group's result: only `node` may join first.
    Chain chain = walk_chain_through(planner, input, node);
    if (chain.stages.empty()) continue;
    const Operand x = planner.operand(input);
    const std::vector<int> x_read = {x.buffer};
    planner.add_step(kernels::make_elementwise(x, std::move(chain.stages)),
                     chain.label.substr(chain.label.empty() ? 0 : 2),
                     joined(x_read, chain.reads),
                     chain.writes);
    return true;
  }
  return false;
}

void claim_by_reference(Planner& planner, int node) {
  planner.claim(node);
  const Node& claimed = planner.graph().node(node);
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  std::vector<int> reads;
  std::vector<int> writes;
  for (const int input : claimed.inputs) {
    inputs.push_back(planner.operand(input));
    reads.push_back(inputs.back().buffer);
  }
  for (const int output : claimed.outputs) {
    outputs.push_back(planner.operand(output));
    writes.push_back(outputs.back().buffer);
  }
  planner.add_reference_step(make_reference(claimed.op, std::move(inputs), std::move(outputs)),
                             std::string(claimed.op->name()),
                             reads,
                             writes);
}

}  // namespace carnyx::plan
