// Convolutions and their gradients, with what fuses to them.
#include "carnyx/kernels/convolution.h"

#include "graph/ops/convolution.h"
#include "graph/plan/anchor.h"

namespace carnyx::plan {
namespace {

using kernels::Convolution;
using kernels::Operand;

const Shape& shape_of(const Planner& planner, int value) {
  return planner.graph().type(value).shape;
}

/// The product of patches of `images` with the kernel, and the chain behind it.
void add_convolution(Planner& planner,
                     int node,
                     Convolution convolution,
                     bool transposed,
                     const std::string& label) {
  const Node& claimed = planner.graph().node(node);
  planner.claim(node);
  kernels::ConvolutionSpec spec{.convolution = std::move(convolution),
                                .images = planner.operand(claimed.inputs[0]),
                                .kernel = planner.operand(claimed.inputs[1]),
                                .transposed = transposed,
                                .stages = {}};
  std::vector<int> reads = {spec.images.buffer, spec.kernel.buffer};
  Chain chain = walk_chain(planner, claimed.outputs[0], node);
  spec.stages = std::move(chain.stages);
  append(reads, chain.reads);
  planner.add_step(
      kernels::make_convolution(std::move(spec)), label + chain.label, reads, chain.writes);
}

bool can_claim(const Planner& planner, int node, const Convolution& convolution) {
  const Node& claimed = planner.graph().node(node);
  return kernels::is_convolvable(convolution) && is_narrow(planner, claimed.inputs[0]) &&
         is_narrow(planner, claimed.inputs[1]) && is_narrow(planner, claimed.outputs[0]);
}

std::vector<int> buffers_of(const kernels::UpdateTarget& target, bool with_copies) {
  std::vector<int> buffers = {target.weight.buffer};
  for (const Operand& slot : target.slots) buffers.push_back(slot.buffer);
  if (!with_copies) return buffers;
  for (const Operand& copy : target.copies) buffers.push_back(copy.buffer);
  return buffers;
}

/// The parts' sum, and the optimizer's step where nobody else needs it.
void add_kernel_gradient_sum(Planner& planner,
                             int node,
                             const Convolution& convolution,
                             const Operand& partials) {
  const int gradient = planner.graph().node(node).outputs[0];
  kernels::KernelGradientSum spec{
      .convolution = convolution, .partials = partials, .stages = {}, .update = std::nullopt};
  std::vector<int> reads = {partials.buffer};
  std::vector<int> writes;
  std::string label = "sum of kernel gradients";
  if (const auto update = planner.sole_update(node, gradient)) {
    spec.update = planner.update_target(*update);
    planner.join(node, *update);
    append(reads, buffers_of(*spec.update, false));
    append(writes, buffers_of(*spec.update, true));
    label += " +update";
  } else {
    Chain chain = walk_chain(planner, gradient, node);
    spec.stages = std::move(chain.stages);
    append(reads, chain.reads);
    append(writes, chain.writes);
    label += chain.label;
  }
  planner.add_step(kernels::make_kernel_gradient_sum(std::move(spec)), label, reads, writes);
}

}  // namespace

bool claim_convolution(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::Conv2D*>(claimed.op.get());
  if (op == nullptr) return false;
  const Convolution convolution{.window = op->window,
                                .groups = op->groups,
                                .image = shape_of(planner, claimed.inputs[0]),
                                .kernel = shape_of(planner, claimed.inputs[1]),
                                .result = shape_of(planner, claimed.outputs[0])};
  if (!can_claim(planner, node, convolution)) return false;
  add_convolution(planner, node, convolution, false, "conv2d" + convolution.result.to_string());
  return true;
}

bool claim_convolution_input_gradient(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::Conv2DInputGradient*>(claimed.op.get());
  if (op == nullptr) return false;
  const Convolution convolution{.window = op->window,
                                .groups = op->groups,
                                .image = op->image,
                                .kernel = shape_of(planner, claimed.inputs[1]),
                                .result = shape_of(planner, claimed.inputs[0])};
  if (!can_claim(planner, node, convolution)) return false;
  add_convolution(
      planner, node, convolution, true, "conv2d_input_gradient" + op->image.to_string());
  return true;
}

bool claim_convolution_kernel_gradient(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::Conv2DKernelGradient*>(claimed.op.get());
  if (op == nullptr) return false;
  const Convolution convolution{.window = op->window,
                                .groups = op->groups,
                                .image = shape_of(planner, claimed.inputs[0]),
                                .kernel = op->kernel,
                                .result = shape_of(planner, claimed.inputs[1])};
  if (!can_claim(planner, node, convolution)) return false;
  planner.claim(node);
  const Operand images = planner.operand(claimed.inputs[0]);
  const Operand slope = planner.operand(claimed.inputs[1]);
  const Operand partials = planner.extra(Shape{kernels::kernel_gradient_partials(convolution)},
                                         {kernels::Layout::Rows, DType::Float32});
  planner.add_step(
      kernels::make_kernel_gradient(
          {.convolution = convolution, .images = images, .slope = slope, .partials = partials}),
      "conv2d_kernel_gradient" + op->kernel.to_string(),
      {images.buffer, slope.buffer},
      {partials.buffer});
  add_kernel_gradient_sum(planner, node, convolution, partials);
  return true;
}

}  // namespace carnyx::plan
