// Changes of images: one kernel each, image by image.
#include "carnyx/kernels/steps.h"

#include "graph/ops/augment.h"
#include "graph/plan/planner.h"

namespace carnyx::plan {
namespace {

/// What the kernel reads and writes; tiles are left to the reference.
bool is_known(const kernels::Operand& operand) {
  const kernels::Format& format = operand.format;
  return (format.layout == kernels::Layout::Rows || format.layout == kernels::Layout::Panels) &&
         (format.dtype == DType::Float32 || format.dtype == DType::Bfloat16);
}

}  // namespace

bool claim_augment(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::Augment*>(claimed.op.get());
  if (op == nullptr) return false;
  const kernels::Operand x = planner.operand(claimed.inputs[0]);
  const kernels::Operand y = planner.operand(claimed.outputs[0]);
  if (!is_known(x) || !is_known(y)) return false;
  planner.claim(node);
  planner.add_step(
      kernels::make_change_images({.x = x, .y = y, .change = op->change, .stream = op->stream}),
      "augment",
      {x.buffer},
      {y.buffer});
  return true;
}

}  // namespace carnyx::plan
