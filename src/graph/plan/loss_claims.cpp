// Softmax with cross-entropy, its gradient and the count of right answers: one read of the logits.
#include <algorithm>

#include "carnyx/kernels/steps.h"

#include "graph/ops/elementwise.h"
#include "graph/ops/loss.h"
#include "graph/ops/reduce.h"
#include "graph/ops/source.h"
#include "graph/plan/planner.h"

namespace carnyx::plan {
namespace {

struct LossGroup {
  kernels::SoftmaxCrossEntropySpec spec;
  std::vector<int> reads;
  std::vector<int> writes;
  std::string label;
};

bool is_narrow(DType dtype) {
  return dtype == DType::Float32 || dtype == DType::Bfloat16;
}

int only_output(const Planner& planner, int node) {
  return planner.graph().node(node).outputs[0];
}

/// The open reader of `value` that is a T and passes `test`.
template <class T, class Test>
std::optional<int> open_reader(const Planner& planner, int value, Test test) {
  for (const int reader : planner.readers(value)) {
    const Node& node = planner.graph().node(reader);
    if (!planner.is_open(reader)) continue;
    const auto* op = dynamic_cast<const T*>(node.op.get());
    if (op != nullptr && test(*op, node)) return reader;
  }
  return std::nullopt;
}

void add_gradient_store(Planner& planner, LossGroup& group, int value) {
  for (const kernels::Operand& stored : planner.stores(value)) {
    group.spec.gradients.push_back(stored);
    group.writes.push_back(stored.buffer);
  }
}

void take_gradient(Planner& planner, LossGroup& group, int loss, int logits, int target) {
  const auto found = open_reader<ops::SoftmaxCrossEntropyGradient>(
      planner, logits, [&](const auto&, const Node& node) {
        const auto* slope = op_as<ops::Fill>(planner.graph(), node.inputs[2]);
        return node.inputs[1] == target && slope != nullptr && slope->number == 1;
      });
  if (!found || !planner.can_join(loss, *found)) return;
  planner.join(loss, *found);
  group.label += " +gradient";
  const int gradient = only_output(planner, *found);
  const auto convert = open_reader<ops::Convert>(
      planner, gradient, [](const auto& op, const Node&) { return op.dtype == DType::Bfloat16; });
  if (convert) {
    planner.join(loss, *convert);
    add_gradient_store(planner, group, only_output(planner, *convert));
  }
  const auto others = planner.readers(gradient).size() - (convert ? 1 : 0);
  if (others > 0 || planner.is_kept(gradient)) add_gradient_store(planner, group, gradient);
}

/// argmax(logits) == labels, summed over valid rows.
void take_correct(Planner& planner, LossGroup& group, int loss, int logits, int target) {
  const auto any = [](const auto&, const Node&) { return true; };
  const auto alone = [&](int node) {
    const int value = only_output(planner, node);
    return planner.readers(value).size() == 1 && !planner.is_kept(value);
  };
  const auto best = open_reader<ops::Argmax>(planner, logits, any);
  if (!best || !alone(*best)) return;
  const auto equal = open_reader<ops::Binary>(
      planner, only_output(planner, *best), [&](const auto& op, const Node& node) {
        return op.kind == kernels::BinaryKind::Equal &&
               std::ranges::find(node.inputs, target) != node.inputs.end();
      });
  if (!equal || !alone(*equal)) return;
  const auto sum = open_reader<ops::SumAll>(
      planner, only_output(planner, *equal), [](const auto& op, const Node&) {
        return op.valid_only;
      });
  if (!sum) return;
  for (const int node : {*best, *equal, *sum}) planner.join(loss, node);
  group.spec.correct = planner.operand(only_output(planner, *sum));
  group.label += " +correct";
}

}  // namespace

bool claim_softmax_cross_entropy(Planner& planner, int node) {
  const Graph& graph = planner.graph();
  const auto* op = dynamic_cast<const ops::SoftmaxCrossEntropy*>(graph.node(node).op.get());
  const int logits = graph.node(node).inputs[0];
  const int target = graph.node(node).inputs[1];
  const ValueType& given = graph.type(target);
  const bool suits = given.shape.rank() == 1 ? given.dtype == DType::Int32 : is_narrow(given.dtype);
  if (op == nullptr || !is_narrow(graph.type(logits).dtype) || !suits) return false;
  planner.claim(node);
  LossGroup group{.spec = {.logits = planner.operand(logits), .target = planner.operand(target)},
                  .reads = {},
                  .writes = {},
                  .label = "softmax_cross_entropy"};
  group.reads = {group.spec.logits.buffer, group.spec.target.buffer};
  group.spec.loss = planner.operand(only_output(planner, node));
  take_gradient(planner, group, node, logits, target);
  take_correct(planner, group, node, logits, target);
  const std::int64_t batch = graph.type(logits).shape[0];
  const kernels::Operand partials = planner.extra(Shape{kernels::partials_elements(batch)},
                                                  {kernels::Layout::Rows, DType::Float64});
  group.writes.push_back(partials.buffer);
  std::vector<int> sums = {group.spec.loss->buffer};
  if (group.spec.correct) sums.push_back(group.spec.correct->buffer);
  auto merge = kernels::make_sum_partials(partials, {group.spec.loss, group.spec.correct});
  planner.add_step(kernels::make_softmax_cross_entropy(std::move(group.spec), partials),
                   group.label,
                   group.reads,
                   group.writes);
  planner.add_step(std::move(merge), "sum of loss partials", {partials.buffer}, sums);
  return true;
}

/// The loss kernel asked for its probabilities alone; any target will do, so the logits stand in.
bool claim_softmax(Planner& planner, int node) {
  const Graph& graph = planner.graph();
  const int logits = graph.node(node).inputs[0];
  const ValueType& type = graph.type(logits);
  if (dynamic_cast<const ops::Softmax*>(graph.node(node).op.get()) == nullptr) return false;
  if (!is_narrow(type.dtype)) return false;
  // The kernel leaves out rows that are no samples; of weights each row counts.
  if (type.shape.rank() != 2 || !planner.depends_on_inputs(logits)) return false;
  planner.claim(node);
  kernels::SoftmaxCrossEntropySpec spec{
      .logits = planner.operand(logits),
      .target = planner.operand(logits),
      .probabilities = planner.operand(only_output(planner, node))};
  const kernels::Operand partials = planner.extra(Shape{kernels::partials_elements(type.shape[0])},
                                                  {kernels::Layout::Rows, DType::Float64});
  const std::vector<int> reads = {spec.logits.buffer};
  const std::vector<int> writes = {spec.probabilities->buffer, partials.buffer};
  planner.add_step(
      kernels::make_softmax_cross_entropy(std::move(spec), partials), "softmax", reads, writes);
  return true;
}

}  // namespace carnyx::plan
