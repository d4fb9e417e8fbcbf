// Pooling and its gradients, with what follows them.
#include "carnyx/kernels/image_steps.h"

#include "graph/ops/pooling.h"
#include "graph/plan/anchor.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;
using kernels::Pooling;
using Stages = std::vector<kernels::Stage>;

void add_gradient(Planner& planner, int node, kernels::PoolGradientSpec spec) {
  std::vector<int> reads = {spec.slope.buffer};
  if (spec.x) reads.push_back(spec.x->buffer);
  const std::string label(planner.graph().node(node).op->name());
  add_anchor(planner, node, label, reads, [&](Stages stages) {
    spec.stages = std::move(stages);
    return kernels::make_pool2d_gradient(std::move(spec));
  });
}

}  // namespace

bool claim_pool(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::Pool2D*>(claimed.op.get());
  if (op == nullptr || !is_narrow_node(planner, claimed)) return false;
  const Operand x = planner.operand(claimed.inputs[0]);
  const Pooling kind = op->kind == ops::PoolKind::Max ? Pooling::Max : Pooling::Average;
  add_anchor(planner, node, std::string(op->name()), {x.buffer}, [&](Stages stages) {
    return kernels::make_pool2d(
        {.kind = kind, .window = op->window, .x = x, .stages = std::move(stages)});
  });
  return true;
}

bool claim_max_pool_gradient(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::MaxPool2DGradient*>(claimed.op.get());
  if (op == nullptr || !is_narrow_node(planner, claimed)) return false;
  add_gradient(planner,
               node,
               {.kind = Pooling::Max,
                .window = op->window,
                .slope = planner.operand(claimed.inputs[0]),
                .x = planner.operand(claimed.inputs[1]),
                .image = planner.graph().type(claimed.inputs[1]).shape,
                .stages = {}});
  return true;
}

bool claim_average_pool_gradient(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::AveragePool2DGradient*>(claimed.op.get());
  if (op == nullptr || !is_narrow_node(planner, claimed)) return false;
  add_gradient(planner,
               node,
               {.kind = Pooling::Average,
                .window = op->window,
                .slope = planner.operand(claimed.inputs[0]),
                .x = std::nullopt,
                .image = op->image,
                .stages = {}});
  return true;
}

}  // namespace carnyx::plan
