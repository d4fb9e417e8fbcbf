// Sums over rows: of all of them, for a bias; of each sample's, for a mask or a weight of channels.
#include "carnyx/kernels/image_steps.h"

#include "graph/ops/reduce.h"
#include "graph/plan/anchor.h"
#include "graph/plan/row_groups.h"
#include "graph/plan/sink.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;

void add_column_sums(Planner& planner, int node, const Operand& x) {
  const Operand partials = planner.extra(Shape{kernels::column_partials(x.shape, 1)},
                                         {kernels::Layout::Rows, DType::Float64});
  planner.claim(node);
  planner.add_step(
      kernels::make_column_sums(x, partials), "column sums", {x.buffer}, {partials.buffer});
  std::vector<int> reads = {partials.buffer};
  std::vector<int> writes;
  kernels::ColumnSum sum =
      sink_column_sum(planner, node, planner.graph().node(node).outputs[0], reads, writes);
  const std::string label = sum.update ? "column totals +update" : "column totals";
  planner.add_step(
      kernels::make_column_totals(partials, x.shape, std::move(sum)), label, reads, writes);
}

/// Each group of rows is an image of one row, which one window sums.
void add_group_sums(Planner& planner, int node, const Operand& x, std::int64_t length) {
  Operand images = x;
  images.shape = Shape{x.shape.rows() / length, 1, length, x.shape.columns()};
  add_anchor(planner, node, "group sums", {x.buffer}, [&](std::vector<kernels::Stage> stages) {
    return kernels::make_pool2d({.kind = kernels::Pooling::Sum,
                                 .window = {.size = {1, length}},
                                 .x = images,
                                 .stages = std::move(stages)});
  });
}

}  // namespace

bool claim_sum_to(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::SumTo*>(claimed.op.get());
  if (op == nullptr || !is_narrow_node(planner, claimed)) return false;
  const Shape& x = planner.graph().type(claimed.inputs[0]).shape;
  const auto length = rows_per_group(op->shape, x);
  if (!length || op->shape.columns() != x.columns() || x.columns() == 0) return false;
  const Operand from = planner.operand(claimed.inputs[0]);
  if (*length == x.rows()) {
    add_column_sums(planner, node, from);
  } else {
    add_group_sums(planner, node, from, *length);
  }
  return true;
}

}  // namespace carnyx::plan
