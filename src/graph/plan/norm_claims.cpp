// Layer normalization and its gradient: whole rows at a time, and what follows as their stages.
#include <algorithm>

#include "carnyx/kernels/steps.h"

#include "graph/ops/layer_norm.h"
#include "graph/plan/anchor.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;

}  // namespace

bool claim_layer_norm(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::LayerNorm*>(claimed.op.get());
  if (op == nullptr || !is_narrow_node(planner, claimed)) return false;
  planner.claim(node);
  std::vector<int> reads;
  kernels::LayerNormSpec spec{.x = noted(planner, claimed.inputs[0], reads),
                              .gamma = std::nullopt,
                              .beta = std::nullopt,
                              .epsilon = static_cast<float>(op->options.epsilon),
                              .keeps_mean = op->options.keeps_mean,
                              .stages = {}};
  if (op->options.scales) spec.gamma = noted(planner, claimed.inputs[1], reads);
  if (op->options.shifts) spec.beta = noted(planner, claimed.inputs.back(), reads);
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
  if (op == nullptr || !is_narrow_node(planner, claimed)) return false;
  planner.claim(node);
  const Shape x = planner.graph().type(claimed.inputs[1]).shape;
  std::vector<int> reads;
  kernels::LayerNormGradientSpec spec{.slope = noted(planner, claimed.inputs[0], reads),
                                      .x = noted(planner, claimed.inputs[1], reads),
                                      .gamma = std::nullopt,
                                      .epsilon = static_cast<float>(op->options.epsilon),
                                      .keeps_mean = op->options.keeps_mean,
                                      .stages = {}};
  if (op->options.scales) spec.gamma = noted(planner, claimed.inputs[2], reads);
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
  if (op->options.scales) gamma = noted(planner, claimed.outputs[1], sums);
  if (op->options.shifts) beta = noted(planner, claimed.outputs.back(), sums);
  planner.add_step(kernels::make_layer_norm_sums(partials, x, gamma, beta),
                   "sum of layer_norm partials",
                   {partials.buffer},
                   sums);
  return true;
}

}  // namespace carnyx::plan
