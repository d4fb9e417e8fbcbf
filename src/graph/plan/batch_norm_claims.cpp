// Batch normalization and its gradient: partial results, their merging, and the normalizing, which
// what follows joins.
#include "carnyx/kernels/image_steps.h"

#include "graph/ops/batch_norm.h"
#include "graph/ops/elementwise.h"
#include "graph/plan/anchor.h"
#include "graph/plan/sink.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;

constexpr std::int64_t kQuantities = 2;  // mean and spread; slopes and products

bool suits(const Planner& planner, const Node& node, int x) {
  const Shape& shape = planner.graph().type(x).shape;
  return is_narrow_node(planner, node) && shape.rank() >= 2 && shape.columns() > 0;
}

Operand partials_of(Planner& planner, const Shape& x) {
  return planner.extra(Shape{kernels::column_partials(x, kQuantities)},
                       {kernels::Layout::Rows, DType::Float64});
}
Operand rows_of(Planner& planner, const Shape& x) {
  return planner.extra(Shape{kernels::batch_norm_rows(x)}, {kernels::Layout::Rows, DType::Float32});
}

/// Whether what joined the group reads the weight that `gradient` would move, or a copy of it: the
/// moving comes before the normalizing.
bool reads_moved(const Planner& planner, int node, int gradient) {
  const auto update = planner.sole_update(node, gradient);
  if (!update) return false;
  const auto is_read = [&](int value) {
    return std::ranges::any_of(planner.readers(value), [&](int reader) {
      return reader != node && reader != *update && planner.in_one_group(reader, node);
    });
  };
  const int weight = planner.graph().node(*update).inputs[0];
  return is_read(weight) || std::ranges::any_of(planner.readers(weight), [&](int reader) {
           const Node& copy = planner.graph().node(reader);
           return dynamic_cast<const ops::Convert*>(copy.op.get()) != nullptr &&
                  is_read(copy.outputs[0]);
         });
}

kernels::ColumnSum sum_of(
    Planner& planner, int node, int gradient, std::vector<int>& reads, std::vector<int>& writes) {
  if (!reads_moved(planner, node, gradient)) {
    return sink_column_sum(planner, node, gradient, reads, writes);
  }
  return {.store = noted(planner, gradient, writes), .update = std::nullopt};
}

}  // namespace

bool claim_batch_norm(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::BatchNormalize*>(claimed.op.get());
  if (op == nullptr || !suits(planner, claimed, claimed.inputs[0])) return false;
  const Operand x = planner.operand(claimed.inputs[0]);
  const Operand partials = partials_of(planner, x.shape);
  planner.add_step(kernels::make_batch_moments(x, partials),
                   "batch_norm moments",
                   {x.buffer},
                   {partials.buffer});

  std::vector<int> reads = {partials.buffer};
  std::vector<int> writes;
  kernels::BatchMomentsMerge merge{.partials = partials,
                                   .x = x.shape,
                                   .gamma = std::nullopt,
                                   .beta = std::nullopt,
                                   .epsilon = static_cast<float>(op->options.epsilon),
                                   .mean = noted(planner, claimed.outputs[1], writes),
                                   .variance = noted(planner, claimed.outputs[2], writes),
                                   .rows = rows_of(planner, x.shape)};
  if (op->options.scales) merge.gamma = noted(planner, claimed.inputs[1], reads);
  if (op->options.shifts) merge.beta = noted(planner, claimed.inputs.back(), reads);
  const Operand rows = merge.rows;
  writes.push_back(rows.buffer);
  planner.add_step(kernels::make_batch_moments_merge(std::move(merge)),
                   "batch_norm merged moments",
                   reads,
                   writes);

  add_anchor(planner,
             node,
             "batch_norm",
             {x.buffer, rows.buffer},
             [&](std::vector<kernels::Stage> stages) {
               return kernels::make_batch_norm(x, rows, std::move(stages));
             });
  return true;
}

bool claim_batch_norm_gradient(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::BatchNormGradient*>(claimed.op.get());
  if (op == nullptr || !suits(planner, claimed, claimed.inputs[1])) return false;
  std::vector<int> read;
  const Operand slope = noted(planner, claimed.inputs[0], read);
  const Operand x = noted(planner, claimed.inputs[1], read);
  const Operand mean = planner.operand(claimed.inputs[2]);
  const Operand partials = partials_of(planner, x.shape);
  const Operand rows = rows_of(planner, x.shape);
  planner.add_step(kernels::make_batch_norm_slopes(slope, x, mean, partials),
                   "batch_norm slopes",
                   joined(read, std::vector<int>{mean.buffer}),
                   {partials.buffer});
  read.push_back(rows.buffer);
  add_anchor(planner, node, "batch_norm_gradient", read, [&](std::vector<kernels::Stage> stages) {
    return kernels::make_batch_norm_gradient(slope, x, rows, std::move(stages));
  });

  std::vector<int> reads = {partials.buffer, mean.buffer};
  std::vector<int> writes = {rows.buffer};
  kernels::BatchNormSlopesMerge merge{.partials = partials,
                                      .x = x.shape,
                                      .mean = mean,
                                      .variance = noted(planner, claimed.inputs[3], reads),
                                      .gamma = std::nullopt,
                                      .epsilon = static_cast<float>(op->options.epsilon),
                                      .gamma_slope = std::nullopt,
                                      .beta_slope = std::nullopt,
                                      .rows = rows};
  if (op->options.scales) {
    merge.gamma = noted(planner, claimed.inputs[4], reads);
    merge.gamma_slope = sum_of(planner, node, claimed.outputs[1], reads, writes);
  }
  if (op->options.shifts) {
    merge.beta_slope = sum_of(planner, node, claimed.outputs.back(), reads, writes);
  }
  planner.add_step(kernels::make_batch_norm_slopes_merge(std::move(merge)),
                   "batch_norm merged slopes",
                   reads,
                   writes);
  return true;
}

}  // namespace carnyx::plan
