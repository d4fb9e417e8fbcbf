// Layer normalization and its gradient: whole rows at a time, and what follows as their stages.
#include <algorithm>

#include "carnyx/kernels/steps.h"

#include "graph/ops/layer_norm.h"
#include "graph/plan/chain.h"
#include "graph/plan/planner.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;

bool is_narrow(const Planner& planner, int value) {
  const DType dtype = planner.graph().type(value).dtype;
  return dtype == DType::Float32 || dtype == DType::Bfloat16;
}

bool are_narrow(const Planner& planner, const Node& node) {
  return std::ranges::all_of(node.inputs, [&](int value) { return is_narrow(planner, value); }) &&
         std::ranges::all_of(node.outputs, [&](int value) { return is_narrow(planner, value); });
}

/// The operand of an input, noted as read.
Operand reading(Planner& planner, int value, std::vector<int>& reads) {
  Operand operand = planner.operand(value);
  reads.push_back(operand.buffer);
  return operand;
}

void append(std::vector<int>& list, const std::vector<int>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

bool claim_layer_norm(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::LayerNorm*>(claimed.op.get());
  if (op == nullptr || !are_narrow(planner, claimed)) return false;
  planner.claim(node);
  std::vector<int> reads;
  kernels::LayerNormSpec spec{.x = reading(planner, claimed.inputs[0], reads),
                              .gamma = std::nullopt,
                              .beta = std::nullopt,
                              .epsilon = static_cast<float>(op->options.epsilon),
                              .keeps_mean = op->options.keeps_mean,
                              .stages = {}};
  if (op->options.scales) spec.gamma = reading(planner, claimed.inputs[1], reads);
  if (op->options.shifts) spec.beta = reading(planner, claimed.inputs.back(), reads);
  Chain chain = walk_chain(planner, claimed.outputs[0], node);
  spec.stages = std::move(chain.stages);
  append(reads, chain.reads);
  planner.add_step(
      kernels::make_layer_norm(std::move(spec)), "layer_norm" + chain.label, reads, chain.writes);
  return true;
}

bool claim_layer_norm_gradient(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::LayerNormGradient*>(claimed.op.get());
  if (op == nullptr || !are_narrow(planner, claimed)) return false;
  planner.claim(node);
  const Shape x = planner.graph().type(claimed.inputs[1]).shape;
  std::vector<int> reads;
  kernels::LayerNormGradientSpec spec{.slope = reading(planner, claimed.inputs[0], reads),
                                      .x = reading(planner, claimed.inputs[1], reads),
                                      .gamma = std::nullopt,
                                      .epsilon = static_cast<float>(op->options.epsilon),
                                      .keeps_mean = op->options.keeps_mean,
                                      .stages = {}};
  if (op->options.scales) spec.gamma = reading(planner, claimed.inputs[2], reads);
  Chain chain = walk_chain(planner, claimed.outputs[0], node);
  spec.stages = std::move(chain.stages);
  append(reads, chain.reads);
  const Operand partials = planner.extra(Shape{kernels::layer_norm_partials(x.rows(), x.columns())},
                                         {kernels::Layout::Rows, DType::Float32});
  std::vector<int> writes = chain.writes;
  writes.push_back(partials.buffer);
  planner.add_step(kernels::make_layer_norm_gradient(std::move(spec), partials),
                   "layer_norm_gradient" + chain.label,
                   reads,
                   writes);
  if (claimed.outputs.size() == 1) return true;
  std::optional<Operand> gamma;
  std::optional<Operand> beta;
  std::vector<int> sums;
  if (op->options.scales) gamma = reading(planner, claimed.outputs[1], sums);
  if (op->options.shifts) beta = reading(planner, claimed.outputs.back(), sums);
  planner.add_step(kernels::make_layer_norm_sums(partials, x, gamma, beta),
                   "sum of layer_norm partials",
                   {partials.buffer},
                   sums);
  return true;
}

}  // namespace carnyx::plan
