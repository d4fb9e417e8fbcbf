// Ops that put elements elsewhere: each says of boxes of its result which elements of an input they
// are, and one kernel moves them.
#include <optional>

#include "carnyx/kernels/image_steps.h"

#include "graph/ops/movement.h"
#include "graph/ops/pooling.h"
#include "graph/ops/reduce.h"
#include "graph/ops/shape.h"
#include "graph/plan/anchor.h"
#include "graph/plan/row_groups.h"

namespace carnyx::plan {
namespace {

using kernels::MovedPart;
using kernels::MoveSpec;
using ops::Axes;

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

/// Elements from one index of each axis to the next, row-major.
Axes strides_of(const Shape& shape) {
  Axes strides(at(shape.rank()), 1);
  for (std::int64_t axis = shape.rank() - 1; axis-- > 0;) {
    strides[at(axis)] = strides[at(axis + 1)] * shape[axis + 1];
  }
  return strides;
}

/// x as the box of the result that has these extents and begins at its begin.
MovedPart part_of(const Shape& extents, Axes strides) {
  return {.x = {},
          .begin = Axes(at(extents.rank()), 0),
          .extents = extents.axes(),
          .first = 0,
          .strides = std::move(strides)};
}

MovedPart transposed(const ops::Transpose& op, const Shape& x, const Shape& y) {
  const Axes strides = strides_of(x);
  Axes moved;
  for (const std::int64_t axis : op.permutation) moved.push_back(strides[at(axis)]);
  return part_of(y, std::move(moved));
}

MovedPart cut_out(const ops::Slice& op, const Shape& x) {
  MovedPart part = part_of(op.extents, strides_of(x));
  for (std::size_t i = 0; i < op.begin.size(); ++i) part.first += op.begin[i] * part.strides[i];
  return part;
}

MovedPart padded(const ops::Pad& op, const Shape& x) {
  MovedPart part = part_of(x, strides_of(x));
  part.begin = op.before;
  return part;
}

MovedPart stretched(const Shape& x, const Shape& y) {
  const Axes own = strides_of(x);
  Axes strides(at(y.rank()), 0);
  for (std::int64_t axis = 0; axis < x.rank(); ++axis) {
    if (x[axis] != 1) strides[at(y.rank() - x.rank() + axis)] = own[at(axis)];
  }
  return part_of(y, std::move(strides));
}

std::vector<MovedPart> side_by_side(const Graph& graph,
                                    const Node& node,
                                    const ops::Concatenate& op) {
  std::vector<MovedPart> parts;
  std::int64_t begin = 0;
  for (const int input : node.inputs) {
    const Shape& x = graph.type(input).shape;
    parts.push_back(part_of(x, strides_of(x)));
    parts.back().begin[at(op.axis)] = begin;
    begin += x[op.axis];
  }
  return parts;
}

/// Each axis of pixels beside one along which nothing changes.
MoveSpec repeated(const ops::RepeatPixels& op, const Shape& x) {
  const Shape y{x[0], x[1], op.times[0], x[2], op.times[1], x[3]};
  const Axes own = strides_of(x);
  return {.shape = y,
          .parts = {part_of(y, {own[0], own[1], 0, own[2], 0, own[3]})},
          .number = 0,
          .stages = {}};
}

/// What a node moves; the parts are of its inputs, one each.
std::optional<MoveSpec> movement_of(const Graph& graph, const Node& node) {
  const Op* op = node.op.get();
  if (node.inputs.empty() || node.outputs.size() != 1) return std::nullopt;
  const Shape& x = graph.type(node.inputs[0]).shape;
  const Shape& y = graph.type(node.outputs[0]).shape;
  MoveSpec spec{.shape = y, .parts = {}, .number = 0, .stages = {}};
  if (const auto* transpose = dynamic_cast<const ops::Transpose*>(op)) {
    spec.parts = {transposed(*transpose, x, y)};
  } else if (const auto* slice = dynamic_cast<const ops::Slice*>(op)) {
    spec.parts = {cut_out(*slice, x)};
  } else if (const auto* pad = dynamic_cast<const ops::Pad*>(op)) {
    spec.parts = {padded(*pad, x)};
    spec.number = static_cast<float>(pad->number);
  } else if (dynamic_cast<const ops::BroadcastTo*>(op) != nullptr) {
    spec.parts = {stretched(x, y)};
  } else if (const auto* concatenate = dynamic_cast<const ops::Concatenate*>(op)) {
    spec.parts = side_by_side(graph, node, *concatenate);
  } else if (const auto* repeat = dynamic_cast<const ops::RepeatPixels*>(op)) {
    spec = repeated(*repeat, x);
  } else {
    return std::nullopt;
  }
  return spec;
}

bool is_moved(const Planner& planner, const Node& node) {
  const auto has_elements = [&](int value) {
    const Shape& shape = planner.graph().type(value).shape;
    return shape.rank() > 0 && shape.columns() > 0;
  };
  return is_narrow_node(planner, node) && std::ranges::all_of(node.inputs, has_elements) &&
         std::ranges::all_of(node.outputs, has_elements);
}

}  // namespace

bool claim_movement(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  if (!is_moved(planner, claimed)) return false;
  std::optional<MoveSpec> spec = movement_of(planner.graph(), claimed);
  if (!spec) return false;
  std::vector<int> reads;
  for (std::size_t i = 0; i < spec->parts.size(); ++i) {
    spec->parts[i].x = noted(planner, claimed.inputs[i], reads);
  }
  add_anchor(planner,
             node,
             std::string(claimed.op->name()),
             reads,
             [&](std::vector<kernels::Stage> stages) {
               spec->stages = std::move(stages);
               return kernels::make_move(std::move(*spec));
             });
  return true;
}

bool claim_reshape(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::Reshape*>(claimed.op.get());
  if (op == nullptr || !is_moved(planner, claimed)) return false;
  const kernels::Operand x = planner.operand(claimed.inputs[0]);
  if (is_one_matrix(x.shape, op->shape)) return false;  // a stage of another's group
  add_anchor(planner, node, "reshape", {x.buffer}, [&](std::vector<kernels::Stage> stages) {
    return kernels::make_reshape(x, op->shape, std::move(stages));
  });
  return true;
}

}  // namespace carnyx::plan
