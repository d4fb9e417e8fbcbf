#include "graph/ops/layer_norm.h"

#include <algorithm>
#include <cmath>

#include "carnyx/graph/ops.h"

namespace carnyx::ops {
namespace {

/// A row's mean, and what its elements are multiplied by.
struct RowStatistics {
  double mean = 0;
  double inverse = 0;
};

RowStatistics statistics_of(std::span<const double> row, double epsilon) {
  const auto count = static_cast<double>(row.size());
  double mean = 0;
  for (const double x : row) mean += x / count;
  double variance = 0;
  for (const double x : row) variance += (x - mean) * (x - mean) / count;
  const double spread = variance + epsilon;
  return {.mean = mean, .inverse = spread == 0 ? 0 : 1 / std::sqrt(spread)};
}

void require_row(std::string_view name, const Shape& x, const Shape& row) {
  if (row == Shape{x.columns()}) return;
  reject(name,
         "gamma and beta must be as long as the last axis of " + x.to_string() + ", got " +
             row.to_string());
}

}  // namespace

std::vector<ValueType> LayerNorm::infer(std::span<const ValueType> inputs) const {
  require_features(name(), inputs[0].shape);
  for (const ValueType& row : inputs.subspan(1)) require_row(name(), inputs[0].shape, row.shape);
  return {inputs[0]};
}

Gradients LayerNorm::gradient(std::span<const Value> x,
                              std::span<const Value>,
                              std::span<const std::optional<Value>> dy) const {
  std::vector<Value> inputs = {*dy[0], x[0]};
  if (options.scales) inputs.push_back(x[1]);
  const std::vector<Value> slopes =
      x[0].graph->add(std::make_shared<LayerNormGradient>(options), inputs);
  return {slopes.begin(), slopes.end()};
}

void LayerNorm::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const auto columns = static_cast<std::size_t>(x.shape.columns());
  RowStatistics row;
  fill_output(arguments, [&](std::size_t i) {
    const std::size_t column = i % columns;
    if (column == 0) row = statistics_of(row_of(x, i / columns), options.epsilon);
    double y = (options.keeps_mean ? x.data[i] : x.data[i] - row.mean) * row.inverse;
    if (options.scales) y *= arguments.inputs[1].data[column];
    if (options.shifts) y += arguments.inputs.back().data[column];
    return y;
  });
}

std::vector<ValueType> LayerNormGradient::infer(std::span<const ValueType> inputs) const {
  const ValueType& x = inputs[1];
  std::vector<ValueType> outputs = {x};
  const auto rows = static_cast<int>(options.scales) + static_cast<int>(options.shifts);
  for (int i = 0; i < rows; ++i) outputs.push_back({Shape{x.shape.columns()}, x.dtype});
  return outputs;
}

/// The formulas are those of kernels/cpu/layer_norm_row.cpp.
void LayerNormGradient::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[1];
  const auto columns = static_cast<std::size_t>(x.shape.columns());
  const auto gamma = [&](std::size_t column) {
    return options.scales ? arguments.inputs[2].data[column] : 1.0;
  };
  for (const Array& sums : arguments.outputs.subspan(1)) std::ranges::fill(sums.data, 0.0);
  for (std::size_t index = 0; index * columns < x.data.size(); ++index) {
    const auto row = row_of(x, index);
    const auto slope = row_of(arguments.inputs[0], index);
    const auto [mean, inverse] = statistics_of(row, options.epsilon);
    const auto numerator = [&, m = mean](std::size_t i) {
      return options.keeps_mean ? row[i] : row[i] - m;
    };
    double slopes = 0;
    double products = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      const double g = slope[i] * gamma(i) / static_cast<double>(columns);
      slopes += g;
      products += g * numerator(i);
      if (options.scales) arguments.outputs[1].data[i] += slope[i] * numerator(i) * inverse;
      if (options.shifts) arguments.outputs.back().data[i] += slope[i];
    }
    if (options.keeps_mean) slopes = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      const double along = (row[i] - mean) * inverse * inverse * products;
      arguments.outputs[0].data[index * columns + i] =
          inverse * (slope[i] * gamma(i) - slopes - along);
    }
  }
}

Value layer_norm(Value x,
                 std::optional<Value> gamma,
                 std::optional<Value> beta,
                 double epsilon,
                 bool keeps_mean) {
  std::vector<Value> inputs = {x};
  if (gamma) inputs.push_back(*gamma);
  if (beta) inputs.push_back(*beta);
  return x.graph->add(std::make_shared<LayerNorm>(LayerNormOptions{.epsilon = epsilon,
                                                                   .keeps_mean = keeps_mean,
                                                                   .scales = gamma.has_value(),
                                                                   .shifts = beta.has_value()}),
                      inputs)[0];
}

}  // namespace carnyx::ops
