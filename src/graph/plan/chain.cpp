#include "graph/plan/chain.h"

#include <algorithm>

#include "graph/ops/elementwise.h"
#include "graph/ops/shape.h"
#include "graph/plan/row_groups.h"

namespace carnyx::plan {
namespace {

using kernels::Stage;
using kernels::StageKind;

bool is_strip_type(const ValueType& type) {
  return type.dtype == DType::Float32 || type.dtype == DType::Bfloat16;
}

/// Another operand of a stage: a row for biases, a whole block otherwise.
struct StagesAndReads {
  std::vector<Stage> list;
  std::vector<int> values;  // operands other than the strip
  bool known = false;
};

StagesAndReads one(Stage stage) {
  return {.list = {std::move(stage)}, .values = {}, .known = true};
}

StagesAndReads with_operand(Planner& planner, Stage stage, int value) {
  stage.operand = planner.operand(value);
  return {.list = {std::move(stage)}, .values = {value}, .known = true};
}

StagesAndReads binary_stage(Planner& planner, const ops::Binary& op, const Node& node, int strip) {
  const bool swapped = node.inputs[0] != strip;
  const int other = node.inputs[swapped ? 0 : 1];
  const Shape& shape = planner.graph().type(strip).shape;
  const Shape& other_shape = planner.graph().type(other).shape;
  if (other == strip || !is_strip_type(planner.graph().type(other))) return {};
  if (other_shape == shape) {
    return with_operand(
        planner,
        {.kind = StageKind::Binary, .operand = {}, .binary = op.kind, .swapped = swapped},
        other);
  }
  const bool is_row = other_shape == Shape{shape.columns()};
  if (is_row) {
    return with_operand(
        planner,
        {.kind = StageKind::BinaryRow, .operand = {}, .binary = op.kind, .swapped = swapped},
        other);
  }
  const auto group = rows_per_group(other_shape, shape);
  const bool is_group = other_shape.columns() == shape.columns() || other_shape.columns() == 1;
  if (!group || !is_group) return {};
  return with_operand(planner,
                      {.kind = StageKind::BinaryGroup,
                       .operand = {},
                       .binary = op.kind,
                       .swapped = swapped,
                       .rows_per_sample = *group},
                      other);
}

StagesAndReads affine_stages(const ops::Affine& op) {
  StagesAndReads stages{.list = {}, .values = {}, .known = true};
  if (op.factor != 1) {
    stages.list.push_back(
        {.kind = StageKind::Scale, .operand = {}, .alpha = static_cast<float>(op.factor)});
  }
  if (op.term != 0) {
    stages.list.push_back(
        {.kind = StageKind::Shift, .operand = {}, .alpha = static_cast<float>(op.term)});
  }
  return stages;
}

/// How `node` acts on a strip of its input `strip`; unknown if it cannot.
StagesAndReads as_stages(Planner& planner, int index, int strip) {
  const Graph& graph = planner.graph();
  const Node& node = graph.node(index);
  if (node.outputs.size() != 1) return {};
  const ValueType& from = graph.type(strip);
  const ValueType& to = graph.type(node.outputs[0]);
  if (!is_strip_type(to) || !is_strip_type(from)) return {};
  const Op* op = node.op.get();
  if (dynamic_cast<const ops::Reshape*>(op) != nullptr && is_one_matrix(from.shape, to.shape)) {
    return {.list = {}, .values = {}, .known = true};
  }
  if (to.shape != from.shape) return {};
  if (const auto* unary = dynamic_cast<const ops::Unary*>(op)) {
    return one({.kind = StageKind::Unary,
                .operand = {},
                .unary = unary->kind,
                .alpha = static_cast<float>(unary->alpha)});
  }
  if (const auto* binary = dynamic_cast<const ops::Binary*>(op)) {
    return binary_stage(planner, *binary, node, strip);
  }
  if (const auto* affine = dynamic_cast<const ops::Affine*>(op)) return affine_stages(*affine);
  if (const auto* slope = dynamic_cast<const ops::UnaryGradient*>(op)) {
    if (node.inputs[0] != strip || node.inputs[1] == strip) return {};
    return with_operand(planner,
                        {.kind = StageKind::UnaryGradient,
                         .operand = {},
                         .unary = slope->kind,
                         .alpha = static_cast<float>(slope->alpha)},
                        node.inputs[1]);
  }
  if (const auto* gate = dynamic_cast<const ops::Gate*>(op)) {
    if (node.inputs[0] != strip || node.inputs[1] == strip) return {};
    return with_operand(
        planner,
        {.kind = StageKind::Gate, .operand = {}, .alpha = static_cast<float>(gate->scale)},
        node.inputs[1]);
  }
  if (const auto* dropout = dynamic_cast<const ops::Dropout*>(op)) {
    return one({.kind = StageKind::Dropout,
                .operand = {},
                .alpha = static_cast<float>(1 / (1 - dropout->rate)),
                .stream = dropout->stream,
                .threshold = kernels::dropout_threshold(dropout->rate),
                .rows_per_sample = ops::rows_per_sample(to.shape)});
  }
  if (const auto* noise = dynamic_cast<const ops::GaussianNoise*>(op)) {
    return one({.kind = StageKind::Noise,
                .operand = {},
                .alpha = static_cast<float>(noise->deviation),
                .stream = noise->stream,
                .rows_per_sample = ops::rows_per_sample(to.shape)});
  }
  if (dynamic_cast<const ops::RowMask*>(op) != nullptr && from.shape.rank() >= 2) {
    return one({.kind = StageKind::RowMask,
                .operand = {},
                .rows_per_sample = ops::rows_per_sample(from.shape)});
  }
  if (dynamic_cast<const ops::Convert*>(op) != nullptr) {
    return {.list = {}, .values = {}, .known = true};  // strips are float32; stores convert
  }
  return {};
}

/// An operand must come from outside of the group: the strip is all that a stage sees of it.
bool reads_outside(const Planner& planner, int member, const StagesAndReads& stages) {
  return std::ranges::none_of(stages.values, [&](int value) {
    return planner.in_one_group(planner.graph().producer(value), member);
  });
}

void take(Planner& planner, Chain& chain, int node, StagesAndReads stages) {
  chain.label += " +" + std::string(planner.graph().node(node).op->name());
  for (const int operand : stages.values) chain.reads.push_back(planner.operand(operand).buffer);
  std::ranges::move(stages.list, std::back_inserter(chain.stages));
}

void store(Planner& planner, Chain& chain, int value) {
  for (const kernels::Operand& stored : planner.stores(value)) {
    chain.stages.push_back({.kind = StageKind::Store, .operand = stored});
    chain.writes.push_back(stored.buffer);
  }
}

/// Follows `value` until no reader can join; stores what anyone outside the group needs.
void extend(Planner& planner, Chain& chain, int value, int member) {
  while (true) {
    int next = -1;
    StagesAndReads stages;
    for (const int reader : planner.readers(value)) {
      if (!planner.is_open(reader)) continue;
      StagesAndReads candidate = as_stages(planner, reader, value);
      if (!candidate.known || !reads_outside(planner, member, candidate)) continue;
      if (!planner.can_join(member, reader)) continue;
      next = reader;
      stages = std::move(candidate);
      break;
    }
    const bool read_elsewhere =
        std::ranges::any_of(planner.readers(value), [&](int reader) { return reader != next; });
    if (next < 0 || planner.is_kept(value) || read_elsewhere) store(planner, chain, value);
    if (next < 0) return;
    planner.join(member, next);
    take(planner, chain, next, std::move(stages));
    value = planner.graph().node(next).outputs[0];
  }
}

}  // namespace

Chain walk_chain(Planner& planner, int value, int member) {
  Chain chain;
  extend(planner, chain, value, member);
  return chain;
}

Chain walk_chain_through(Planner& planner, int value, int first) {
  Chain chain;
  StagesAndReads stages = as_stages(planner, first, value);
  if (!stages.known) return chain;
  planner.claim(first);
  take(planner, chain, first, std::move(stages));
  extend(planner, chain, planner.graph().node(first).outputs[0], first);
  return chain;
}

}  // namespace carnyx::plan
