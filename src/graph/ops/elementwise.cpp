#include "graph/ops/elementwise.h"

#include <algorithm>
#include <cmath>

#include "carnyx/graph/ops.h"

namespace carnyx::ops {
namespace {

DType common_dtype(DType x, DType y) {
  if (x == DType::Float64 || y == DType::Float64) return DType::Float64;
  return is_floating(x) ? x : y;
}

}  // namespace

std::vector<ValueType> Unary::infer(std::span<const ValueType> inputs) const {
  return {inputs[0]};
}

Gradients Unary::gradient(std::span<const Value> x,
                          std::span<const Value> y,
                          std::span<const std::optional<Value>> dy) const {
  if (kind == kernels::UnaryKind::Relu) return {gate(*dy[0], y[0])};
  const Value& at = kernels::derivative_from_output(kind) ? y[0] : x[0];
  return {add_node<UnaryGradient>({*dy[0], at}, kind, alpha)};
}

void Unary::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  fill_output(arguments, [&](std::size_t i) { return kernels::evaluate(kind, x[i], alpha); });
}

Value unary(Value x, kernels::UnaryKind kind, double alpha) {
  return add_node<Unary>({x}, kind, alpha);
}

std::vector<ValueType> UnaryGradient::infer(std::span<const ValueType> inputs) const {
  return {inputs[0]};
}

void UnaryGradient::reference(const ReferenceArguments& arguments) const {
  const auto dy = arguments.inputs[0].data;
  const auto at = arguments.inputs[1].data;  // x or y, whichever alone is needed
  fill_output(arguments, [&](std::size_t i) {
    return dy[i] * kernels::derivative(kind, at[i], at[i], alpha);
  });
}

Gradients Power::gradient(std::span<const Value> x,
                          std::span<const Value>,
                          std::span<const std::optional<Value>> dy) const {
  return {multiply(*dy[0], ops::scale(power(x[0], exponent - 1), exponent))};
}

void Power::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  fill_output(arguments, [&](std::size_t i) { return std::pow(x[i], exponent); });
}

Value power(Value x, double exponent) {
  if (exponent == 0) return fill(*x.graph, x.shape(), 1, x.dtype());
  return exponent == 1 ? x : add_node<Power>({x}, exponent);
}

std::vector<ValueType> Binary::infer(std::span<const ValueType> inputs) const {
  return {{broadcast_shape(name(), inputs[0].shape, inputs[1].shape),
           common_dtype(inputs[0].dtype, inputs[1].dtype)}};
}

Gradients Binary::gradient(std::span<const Value> x,
                           std::span<const Value> y,
                           std::span<const std::optional<Value>> dy) const {
  using Kind = kernels::BinaryKind;
  const Value slope = *dy[0];
  const auto fit = [](Value value, const Value& like) { return sum_to(value, like.shape()); };
  switch (kind) {
    case Kind::Add:
      return {fit(slope, x[0]), fit(slope, x[1])};
    case Kind::Subtract:
      return {fit(slope, x[0]), fit(scale(slope, -1), x[1])};
    case Kind::Multiply:
      return {fit(multiply(slope, x[1]), x[0]), fit(multiply(slope, x[0]), x[1])};
    case Kind::Divide:
      return {fit(divide(slope, x[1]), x[0]),
              fit(scale(divide(multiply(slope, y[0]), x[1]), -1), x[1])};
    case Kind::Maximum:
    case Kind::Minimum: {
      const Value first = kind == Kind::Maximum ? binary(x[0], x[1], Kind::GreaterEqual)
                                                : binary(x[1], x[0], Kind::GreaterEqual);
      return {fit(multiply(slope, first), x[0]),
              fit(multiply(slope, shift(scale(first, -1), 1)), x[1])};
    }
    case Kind::Equal:
    case Kind::Greater:
    case Kind::GreaterEqual:
      break;
  }
  return {std::nullopt, std::nullopt};
}

void Binary::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const ConstArray& y = arguments.inputs[1];
  const Shape& shape = arguments.outputs[0].shape;
  fill_output(arguments, [&](std::size_t i) {
    return kernels::evaluate(kind,
                             x.data[broadcast_source(x.shape, shape, i)],
                             y.data[broadcast_source(y.shape, shape, i)]);
  });
}

Value binary(Value x, Value y, kernels::BinaryKind kind, Precision precision) {
  return add_node<Binary>({x, y}, kind, precision);
}

Gradients Affine::gradient(std::span<const Value>,
                           std::span<const Value>,
                           std::span<const std::optional<Value>> dy) const {
  return {scale(*dy[0], factor)};
}

void Affine::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  fill_output(arguments, [&](std::size_t i) { return x[i] * factor + term; });
}

Value scale(Value x, double factor) {
  return factor == 1 ? x : add_node<Affine>({x}, factor, 0.0);
}
Value shift(Value x, double term) {
  return term == 0 ? x : add_node<Affine>({x}, 1.0, term);
}

Value clip(Value x, double low, double high) {
  Graph& graph = *x.graph;
  const Value bounded = binary(x, fill(graph, Shape{1}, low, x.dtype()), BinaryKind::Maximum);
  return binary(bounded, fill(graph, Shape{1}, high, x.dtype()), BinaryKind::Minimum);
}

std::vector<ValueType> Gate::infer(std::span<const ValueType> inputs) const {
  if (inputs[0].shape != inputs[1].shape) {
    reject(name(),
           "x and the gate must have one shape, got " + inputs[0].shape.to_string() + " and " +
               inputs[1].shape.to_string());
  }
  return {inputs[0]};
}

Gradients Gate::gradient(std::span<const Value> x,
                         std::span<const Value>,
                         std::span<const std::optional<Value>> dy) const {
  return {gate(*dy[0], x[1], scale), std::nullopt};
}

void Gate::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  const auto by = arguments.inputs[1].data;
  fill_output(arguments, [&](std::size_t i) { return by[i] > 0 ? x[i] * scale : 0.0; });
}

Value gate(Value x, Value by, double scale) {
  return add_node<Gate>({x, by}, scale);
}

Gradients Dropout::gradient(std::span<const Value>,
                            std::span<const Value>,
                            std::span<const std::optional<Value>> dy) const {
  return {dropout(*dy[0], rate, stream)};
}

void Dropout::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  const auto columns = static_cast<std::size_t>(arguments.outputs[0].shape.columns());
  const auto& context = arguments.context;
  const std::uint32_t threshold = kernels::dropout_threshold(rate);
  const std::int64_t first_row = context.first_row * rows_per_sample(arguments.outputs[0].shape);
  fill_output(arguments, [&](std::size_t i) {
    const auto row = static_cast<std::int64_t>(i / columns) + first_row;
    const auto column = static_cast<std::int64_t>(i % columns);
    const bool kept =
        kernels::dropout_keeps(context.seed, stream, context.step, row, column, threshold);
    return kept ? x[i] / (1 - rate) : 0.0;
  });
}

Value dropout(Value x, double rate, std::uint32_t stream) {
  if (!(rate >= 0 && rate < 1)) {
    reject("dropout", "rate must be in [0, 1), got " + std::to_string(rate));
  }
  return rate == 0 ? x : add_node<Dropout>({x}, rate, stream);
}

Gradients GaussianNoise::gradient(std::span<const Value>,
                                  std::span<const Value>,
                                  std::span<const std::optional<Value>> dy) const {
  return {dy[0]};
}

void GaussianNoise::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  const auto columns = static_cast<std::size_t>(arguments.outputs[0].shape.columns());
  const auto& context = arguments.context;
  const std::int64_t first_row = context.first_row * rows_per_sample(arguments.outputs[0].shape);
  fill_output(arguments, [&](std::size_t i) {
    const auto row = static_cast<std::int64_t>(i / columns) + first_row;
    const auto column = static_cast<std::int64_t>(i % columns);
    return x[i] + deviation * kernels::normal_draw(context.seed, stream, context.step, row, column);
  });
}

Value gaussian_noise(Value x, double deviation, std::uint32_t stream) {
  if (!(deviation >= 0)) {
    reject("gaussian_noise", "deviation must be at least 0, got " + std::to_string(deviation));
  }
  return deviation == 0 ? x : add_node<GaussianNoise>({x}, deviation, stream);
}

Gradients Convert::gradient(std::span<const Value> x,
                            std::span<const Value>,
                            std::span<const std::optional<Value>> dy) const {
  if (!is_floating(x[0].dtype())) return {std::nullopt};
  return {convert(*dy[0], x[0].dtype())};
}

void Convert::reference(const ReferenceArguments& arguments) const {
  std::ranges::copy(arguments.inputs[0].data, arguments.outputs[0].data.begin());
}

Value convert(Value x, DType dtype) {
  return x.dtype() == dtype ? x : add_node<Convert>({x}, dtype);
}

std::vector<ValueType> RowMask::infer(std::span<const ValueType> inputs) const {
  if (inputs[0].shape.rank() == 0) reject(name(), "expected rows, got a scalar");
  return {inputs[0]};
}

Gradients RowMask::gradient(std::span<const Value>,
                            std::span<const Value>,
                            std::span<const std::optional<Value>> dy) const {
  return {row_mask(*dy[0])};
}

void RowMask::reference(const ReferenceArguments& arguments) const {
  const auto x = arguments.inputs[0].data;
  const Shape& shape = arguments.outputs[0].shape;
  const auto per_row = static_cast<std::size_t>(shape[0] == 0 ? 1 : shape.elements() / shape[0]);
  const auto valid = static_cast<std::size_t>(arguments.context.valid_rows);
  fill_output(arguments, [&](std::size_t i) { return i / per_row < valid ? x[i] : 0.0; });
}

Value row_mask(Value x) {
  return add_node<RowMask>({x});
}

}  // namespace carnyx::ops
