#include "graph/image_rewrites.h"

#include <algorithm>

#include "carnyx/graph/image_ops.h"

#include "graph/ops/convolution.h"
#include "graph/ops/elementwise.h"
#include "graph/ops/movement.h"

namespace carnyx {
namespace {

using kernels::Window;

const Op* op_of(const Rewrite& rewrite) {
  return rewrite.from.node(rewrite.node).op.get();
}

/// The window on an image that has this much more around it. Nothing if some place of it would see
/// nothing else, or if there is more along another axis.
std::optional<Window> grown(Window window, const ops::Axes& before, const ops::Axes& after) {
  const bool around_pixels =
      before.size() == 4 && before[0] == 0 && after[0] == 0 && before[3] == 0 && after[3] == 0;
  if (!around_pixels) return std::nullopt;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    window.before[axis] += before[axis + 1];
    window.after[axis] += after[axis + 1];
    if (std::max(window.before[axis], window.after[axis]) >= window.span(axis)) return std::nullopt;
  }
  return window;
}

std::optional<Window> grown_by(const ops::Pad* pad, const Window& window) {
  if (pad == nullptr || pad->number != 0) return std::nullopt;
  return grown(window, pad->before, pad->after);
}

/// The node's result in its own dtype, which a pass may have chosen.
Value as_before(const Rewrite& rewrite, Value value) {
  rewrite.to.retype(value.id, rewrite.from.type(rewrite.from.node(rewrite.node).outputs[0]).dtype);
  return value;
}

/// conv2d(pad(x), kernel), or its kernel's gradient: the first input is what was padded.
std::optional<Value> with_padding_inside(const Rewrite& rewrite) {
  const auto* conv = dynamic_cast<const ops::Conv2D*>(op_of(rewrite));
  const auto* slope = dynamic_cast<const ops::Conv2DKernelGradient*>(op_of(rewrite));
  if (conv == nullptr && slope == nullptr) return std::nullopt;
  const int padded = rewrite.inputs[0].id;
  const Window& given = conv != nullptr ? conv->window : slope->window;
  const auto window = grown_by(op_as<ops::Pad>(rewrite.to, padded), given);
  if (!window) return std::nullopt;
  const Value x = rewrite.to.value(input_of(rewrite.to, padded, 0));
  const Value other = rewrite.inputs[1];
  if (conv != nullptr) {
    return as_before(rewrite, ops::add_node<ops::Conv2D>({x, other}, *window, conv->groups));
  }
  return as_before(
      rewrite,
      ops::add_node<ops::Conv2DKernelGradient>({x, other}, *window, slope->groups, slope->kernel));
}

/// slice(conv2d_input_gradient(slope, kernel)): the padding's part is not even made.
std::optional<Value> without_padding(const Rewrite& rewrite, const OldGraph& old) {
  const auto* slice = dynamic_cast<const ops::Slice*>(op_of(rewrite));
  if (slice == nullptr || !old.is_read_once(rewrite.from.node(rewrite.node).inputs[0])) {
    return std::nullopt;
  }
  const int whole = rewrite.inputs[0].id;
  const auto* slope = op_as<ops::Conv2DInputGradient>(rewrite.to, whole);
  if (slope == nullptr) return std::nullopt;
  ops::Axes after;
  for (std::int64_t axis = 0; axis < 4; ++axis) {
    const auto index = static_cast<std::size_t>(axis);
    after.push_back(slope->image[axis] - slice->begin[index] - slice->extents[axis]);
  }
  const auto window = grown(slope->window, slice->begin, after);
  if (!window) return std::nullopt;
  const auto input = [&](std::size_t i) {
    return rewrite.to.value(input_of(rewrite.to, whole, i));
  };
  return as_before(rewrite,
                   ops::add_node<ops::Conv2DInputGradient>(
                       {input(0), input(1)}, *window, slope->groups, slice->extents));
}

/// Axes of x by those of transpose(transpose(x, first), second).
ops::Axes composed(const ops::Axes& first, const ops::Axes& second) {
  ops::Axes both;
  for (const std::int64_t axis : second) both.push_back(first[static_cast<std::size_t>(axis)]);
  return both;
}

bool treats_elements_alike(const Op* op) {
  return dynamic_cast<const ops::Unary*>(op) != nullptr ||
         dynamic_cast<const ops::UnaryGradient*>(op) != nullptr ||
         dynamic_cast<const ops::Affine*>(op) != nullptr ||
         dynamic_cast<const ops::Gate*>(op) != nullptr ||
         dynamic_cast<const ops::Convert*>(op) != nullptr ||
         dynamic_cast<const ops::Binary*>(op) != nullptr;
}

}  // namespace

std::optional<Value> padding_into_window(const Rewrite& rewrite, const OldGraph& old) {
  if (auto value = with_padding_inside(rewrite)) return value;
  return without_padding(rewrite, old);
}

std::optional<Value> transpose_chain(const Rewrite& rewrite) {
  const auto* second = dynamic_cast<const ops::Transpose*>(op_of(rewrite));
  if (second == nullptr) return std::nullopt;
  const int between = rewrite.inputs[0].id;
  const auto* first = op_as<ops::Transpose>(rewrite.to, between);
  if (first == nullptr) return std::nullopt;
  const Value x = rewrite.to.value(input_of(rewrite.to, between, 0));
  if (x.dtype() != rewrite.from.type(rewrite.from.node(rewrite.node).outputs[0]).dtype) {
    return std::nullopt;
  }
  return ops::transpose(x, composed(first->permutation, second->permutation));
}

std::optional<Value> transpose_last(const Rewrite& rewrite) {
  const Node& node = rewrite.from.node(rewrite.node);
  if (!treats_elements_alike(node.op.get())) return std::nullopt;
  const ops::Transpose* shared = nullptr;
  std::vector<Value> inputs;
  for (const Value& input : rewrite.inputs) {
    const auto* transpose = op_as<ops::Transpose>(rewrite.to, input.id);
    if (transpose == nullptr || input.shape() != rewrite.inputs[0].shape()) return std::nullopt;
    if (shared != nullptr && shared->permutation != transpose->permutation) return std::nullopt;
    shared = transpose;
    inputs.push_back(rewrite.to.value(input_of(rewrite.to, input.id, 0)));
  }
  if (shared == nullptr) return std::nullopt;
  const Value y = as_before(rewrite, rewrite.to.add(node.op, inputs)[0]);
  return as_before(rewrite, ops::transpose(y, shared->permutation));
}

}  // namespace carnyx
