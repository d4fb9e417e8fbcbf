// Which products are made of bfloat16 tiles, and the buffers of their operands. A left operand lies
// in lines, stored there by whoever makes the value, beside or instead of its own buffer; a right
// one is packed by the kernel from whatever there is, a weight from its float32 itself.
#include <algorithm>

#include "carnyx/kernels/isa.h"

#include "graph/at.h"
#include "graph/ops/convolution.h"
#include "graph/ops/elementwise.h"
#include "graph/ops/matmul.h"
#include "graph/plan/planner.h"

namespace carnyx::plan {
namespace {

using kernels::Layout;

/// In how many parts the operands' dtype and the options let a product be made of bfloat16 ones.
int parts_of(const Graph& graph, const Node& matmul, const ProgramOptions& options) {
  const DType left = graph.type(matmul.inputs[0]).dtype;
  const DType right = graph.type(matmul.inputs[1]).dtype;
  if (left == DType::Bfloat16 && right == DType::Bfloat16) return 1;
  const bool wide = left == DType::Float32 && right == DType::Float32;
  // Three products of dot instructions take longer than one in float32; on tile registers, a third.
  if (kernels::selected_isa() != kernels::Isa::Amx) return 0;
  return wide && options.float32_matmul_precision == MatmulPrecision::High ? 2 : 0;
}

Layout left_layout(const ops::Matmul& op) {
  return op.transpose_a ? Layout::ColumnTiles : Layout::RowTiles;
}

}  // namespace

void Planner::want_lines() {
  tile_parts_.assign(at(graph_.node_count()), 0);
  if (kernels::selected_isa() < kernels::Isa::Avx512Bf16) return;
  for (int i = 0; i < graph_.node_count(); ++i) {
    const Node& node = graph_.node(i);
    const auto* op = dynamic_cast<const ops::Matmul*>(node.op.get());
    if (op == nullptr || !is_open(i)) continue;
    tile_parts_[at(i)] = parts_of(graph_, node, options_);
    if (tile_parts_[at(i)] == 0) continue;
    lines_[node.inputs[0]][left_layout(*op)].parts = tile_parts_[at(i)];
  }
}

int Planner::tile_parts(int matmul) const {
  return tile_parts_.empty() ? 0 : tile_parts_[at(matmul)];
}

bool Planner::is_tile_left(int matmul, int value) const {
  return tile_parts(matmul) > 0 && graph_.node(matmul).inputs[0] == value &&
         graph_.node(matmul).inputs[1] != value;
}

bool Planner::is_tile_right(int matmul, int value) const {
  return tile_parts(matmul) > 0 && graph_.node(matmul).inputs[1] == value &&
         graph_.node(matmul).inputs[0] != value;
}

bool Planner::is_read_plainly(int value) const {
  if (is_kept(value)) return true;
  return !std::ranges::all_of(readers(value),
                              [&](int reader) { return is_tile_left(reader, value); });
}

/// convert(state) that only tile products read, as their right operand, is nobody's work.
void Planner::look_through_converts() {
  for (int i = 0; i < graph_.node_count(); ++i) {
    const Node& node = graph_.node(i);
    if (!is_open(i) || dynamic_cast<const ops::Convert*>(node.op.get()) == nullptr) continue;
    const int converted = node.outputs[0];
    const bool suits = graph_.state_of(node.inputs[0]) && !is_kept(converted) &&
                       std::ranges::all_of(readers(converted), [&](int reader) {
                         return is_tile_right(reader, converted);
                       });
    if (!suits) continue;
    claim(i);
    seen_through_[converted] = node.inputs[0];
  }
}

/// Whether a convolution looks at it, which knows rows of pixels but no blocks of them.
bool Planner::is_read_by_windows(int value) const {
  return std::ranges::any_of(readers(value), [&](int reader) {
    const Op* op = graph_.node(reader).op.get();
    return dynamic_cast<const ops::Conv2D*>(op) != nullptr ||
           dynamic_cast<const ops::Conv2DInputGradient*>(op) != nullptr ||
           dynamic_cast<const ops::Conv2DKernelGradient*>(op) != nullptr;
  });
}

/// A value's own buffer: Panels, or the lines that are wanted of it where those are as good.
kernels::Format Planner::own_format(int value) const {
  const ValueType& type = graph_.type(value);
  const auto wanted = lines_.find(value);
  const bool lies_in_lines = type.dtype == DType::Bfloat16 && wanted != lines_.end() &&
                             wanted->second.contains(Layout::RowTiles) &&
                             !is_read_by_windows(value);
  return lies_in_lines ? kernels::Format{Layout::RowTiles, type.dtype} : format_of(type);
}

kernels::Operand Planner::lines(int value, Layout layout) {
  LineCopy& copy = lines_[value][layout];
  if (copy.buffer < 0) {
    const bool is_own = is_read_plainly(value) && operand(value).format.layout == layout;
    copy.buffer =
        is_own ? buffer_of(value)
               : extra(graph_.type(value).shape, {layout, DType::Bfloat16, copy.parts}).buffer;
  }
  return at_buffer(copy.buffer);
}

kernels::Operand Planner::left_operand(int matmul) {
  const Node& node = graph_.node(matmul);
  if (tile_parts(matmul) == 0) return operand(node.inputs[0]);
  return lines(node.inputs[0], left_layout(dynamic_cast<const ops::Matmul&>(*node.op)));
}

kernels::Operand Planner::right_operand(int matmul) {
  const int value = graph_.node(matmul).inputs[1];
  const auto seen = seen_through_.find(value);
  return operand(seen == seen_through_.end() ? value : seen->second);
}

std::vector<kernels::Operand> Planner::stores(int value) {
  std::vector<kernels::Operand> all;
  if (is_read_plainly(value)) all.push_back(operand(value));
  const auto wanted = lines_.find(value);
  if (wanted == lines_.end()) return all;
  for (auto& [layout, copy] : wanted->second) {
    const kernels::Operand stored = lines(value, layout);
    copy.is_stored = true;
    if (all.empty() || all.front().buffer != stored.buffer) all.push_back(stored);
  }
  return all;
}

/// Lines whose maker knows nothing of them are stored from the value's own buffer.
void Planner::store_missing_lines() {
  for (auto& [value, copies] : lines_) {
    for (auto& [layout, copy] : copies) {
      if (copy.is_stored || copy.buffer < 0) continue;
      const kernels::Operand from = operand(value);
      const kernels::Operand to = at_buffer(copy.buffer);
      if (from.buffer == to.buffer) continue;
      add_step(
          kernels::make_elementwise(from, {{.kind = kernels::StageKind::Store, .operand = to}}),
          "lines",
          {from.buffer},
          {to.buffer});
    }
  }
}

}  // namespace carnyx::plan
