#include <array>

#include "graph/ops/all_reduce.h"
#include "graph/ops/augment.h"
#include "graph/ops/batch_norm.h"
#include "graph/ops/convolution.h"
#include "graph/ops/elementwise.h"
#include "graph/ops/layer_norm.h"
#include "graph/ops/loss.h"
#include "graph/ops/matmul.h"
#include "graph/ops/pooling.h"
#include "graph/ops/reduce.h"
#include "graph/ops/shape.h"
#include "graph/ops/step.h"
#include "graph/plan/planner.h"

namespace carnyx::plan {
namespace {

/// Offers every open node whose op is a T to the claim, in the graph's order.
template <class T>
void offer(Planner& planner, bool (*claim)(Planner&, int)) {
  for (int i = 0; i < planner.graph().node_count(); ++i) {
    const Op* op = planner.graph().node(i).op.get();
    if (planner.is_open(i) && dynamic_cast<const T*>(op) != nullptr) claim(planner, i);
  }
}

}  // namespace

Plan make_plan(const Graph& graph, const ProgramOptions& options) {
  Planner planner(graph, options);
  if (options.backend == Backend::Cpu) {
    offer<ops::SumAll>(planner, claim_sum_of_squares);
    // Anchors by falling cost: what the dear ones fuse, the cheap ones need not compute.
    offer<ops::Conv2D>(planner, claim_convolution);
    offer<ops::Conv2DInputGradient>(planner, claim_convolution_input_gradient);
    offer<ops::Conv2DKernelGradient>(planner, claim_convolution_kernel_gradient);
    offer<ops::Matmul>(planner, claim_matmul);
    offer<ops::LayerNorm>(planner, claim_layer_norm);
    offer<ops::LayerNormGradient>(planner, claim_layer_norm_gradient);
    offer<ops::BatchNormalize>(planner, claim_batch_norm);
    offer<ops::BatchNormGradient>(planner, claim_batch_norm_gradient);
    offer<ops::Pool2D>(planner, claim_pool);
    offer<ops::MaxPool2DGradient>(planner, claim_max_pool_gradient);
    offer<ops::AveragePool2DGradient>(planner, claim_average_pool_gradient);
    offer<Op>(planner, claim_movement);
    offer<ops::Reshape>(planner, claim_reshape);
    offer<ops::SumTo>(planner, claim_sum_to);
    offer<ops::SoftmaxCrossEntropy>(planner, claim_softmax_cross_entropy);
    offer<ops::Softmax>(planner, claim_softmax);
    offer<ops::SumAll>(planner, claim_sum);
    offer<ops::AllReduce>(planner, claim_all_reduce);
    offer<ops::Augment>(planner, claim_augment);
    offer<ops::Update>(planner, claim_update);
    offer<Op>(planner, claim_elementwise);
  }
  offer<Op>(planner, [](Planner& p, int node) {
    claim_by_reference(p, node);
    return true;
  });
  return planner.finish();
}

}  // namespace carnyx::plan
