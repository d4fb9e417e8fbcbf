#include "graph/ops/reduce.h"

#include <algorithm>

#include "carnyx/graph/ops.h"

#include "graph/ops/elementwise.h"
#include "graph/ops/shape.h"

namespace carnyx::ops {
namespace {

std::vector<ValueType> without_features(std::string_view op, const ValueType& x, bool keep_axis) {
  require_features(op, x.shape);
  std::vector<std::int64_t> axes = x.shape.axes();
  if (keep_axis) {
    axes.back() = 1;
  } else {
    axes.pop_back();
  }
  return {{Shape(std::move(axes)), x.dtype}};
}

}  // namespace

std::vector<ValueType> SumTo::infer(std::span<const ValueType> inputs) const {
  if (broadcast_shape(name(), shape, inputs[0].shape) != inputs[0].shape) {
    reject(name(), shape.to_string() + " does not broadcast to " + inputs[0].shape.to_string());
  }
  return {{shape, inputs[0].dtype}};
}

Gradients SumTo::gradient(std::span<const Value> x,
                          std::span<const Value>,
                          std::span<const std::optional<Value>> dy) const {
  return {broadcast_to(*dy[0], x[0].shape())};
}

void SumTo::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const auto y = arguments.outputs[0].data;
  std::ranges::fill(y, 0.0);
  for (std::size_t i = 0; i < x.data.size(); ++i) {
    y[broadcast_source(shape, x.shape, i)] += x.data[i];
  }
}

Value sum_to(Value x, const Shape& shape) {
  return x.shape() == shape ? x : add_node<SumTo>({x}, shape);
}

std::vector<ValueType> BroadcastTo::infer(std::span<const ValueType> inputs) const {
  if (broadcast_shape(name(), inputs[0].shape, shape) != shape) {
    reject(name(), inputs[0].shape.to_string() + " does not broadcast to " + shape.to_string());
  }
  return {{shape, inputs[0].dtype}};
}

Gradients BroadcastTo::gradient(std::span<const Value> x,
                                std::span<const Value>,
                                std::span<const std::optional<Value>> dy) const {
  return {sum_to(*dy[0], x[0].shape())};
}

void BroadcastTo::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  fill_output(arguments,
              [&](std::size_t i) { return x.data[broadcast_source(x.shape, shape, i)]; });
}

Value broadcast_to(Value x, const Shape& shape) {
  return x.shape() == shape ? x : add_node<BroadcastTo>({x}, shape);
}

Value sum_features(Value x) {
  if (x.shape().rank() == 0) reject("sum_features", "expected at least one axis, got a scalar");
  std::vector<std::int64_t> axes = x.shape().axes();
  axes.back() = 1;
  return sum_to(x, Shape(std::move(axes)));
}

Value mean_features(Value x) {
  return scale(sum_features(x), 1.0 / static_cast<double>(x.shape().columns()));
}

std::vector<ValueType> MaxFeatures::infer(std::span<const ValueType> inputs) const {
  return without_features(name(), inputs[0], true);
}

void MaxFeatures::reference(const ReferenceArguments& arguments) const {
  fill_output(arguments,
              [&](std::size_t row) { return std::ranges::max(row_of(arguments.inputs[0], row)); });
}

Value max_features(Value x) {
  return add_node<MaxFeatures>({x});
}

std::vector<ValueType> Argmax::infer(std::span<const ValueType> inputs) const {
  std::vector<ValueType> result = without_features(name(), inputs[0], false);
  result[0].dtype = DType::Int32;
  return result;
}

void Argmax::reference(const ReferenceArguments& arguments) const {
  fill_output(arguments, [&](std::size_t index) {
    const auto row = row_of(arguments.inputs[0], index);
    return static_cast<double>(std::ranges::max_element(row) - row.begin());
  });
}

Value argmax(Value x) {
  if (const auto logits = before_softmax(x)) return argmax(*logits);
  if (op_as<OneHot>(*x.graph, x.id) != nullptr) {
    return x.graph->value(x.graph->node(x.graph->producer(x.id)).inputs[0]);
  }
  return add_node<Argmax>({x});
}

std::vector<ValueType> SumAll::infer(std::span<const ValueType>) const {
  return {{Shape{1}, DType::Float64}};
}

Gradients SumAll::gradient(std::span<const Value> x,
                           std::span<const Value>,
                           std::span<const std::optional<Value>> dy) const {
  const Value slope = convert(*dy[0], x[0].dtype());
  const bool scalar = x[0].shape().rank() == 0;
  const Value spread = scalar ? reshape(slope, Shape{}) : broadcast_to(slope, x[0].shape());
  return {valid_only && !scalar ? row_mask(spread) : spread};
}

void SumAll::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const std::int64_t rows = x.shape.rank() == 0 ? 1 : x.shape[0];
  const std::int64_t per_row = rows == 0 ? 0 : x.shape.elements() / rows;
  const std::int64_t counted = valid_only ? std::min(rows, arguments.context.valid_rows) : rows;
  double sum = 0;
  for (std::int64_t i = 0; i < counted * per_row; ++i) sum += x.data[static_cast<std::size_t>(i)];
  arguments.outputs[0].data[0] = sum;
}

Value sum_valid(Value x) {
  return add_node<SumAll>({x}, true);
}
Value sum_all(Value x) {
  return add_node<SumAll>({x}, false);
}

}  // namespace carnyx::ops
