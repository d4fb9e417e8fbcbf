#include "graph/ops/batch_norm.h"

#include <algorithm>
#include <cmath>

namespace carnyx::ops {
namespace {

/// Elements of each channel in the rows that count; they come first.
std::int64_t counted_rows(const Shape& x, const kernels::StepContext& context) {
  if (x.rank() == 0 || x[0] == 0) return 0;
  return std::min(x[0], context.valid_rows) * (x.rows() / x[0]);
}

/// f(index, channel) for every counted element.
template <class F>
void for_each_counted(const Shape& x, std::int64_t rows, const F& f) {
  const auto channels = static_cast<std::size_t>(x.columns());
  for (std::size_t i = 0; i < static_cast<std::size_t>(rows) * channels; ++i) f(i, i % channels);
}

double inverse_of(double variance, double epsilon) {
  const double spread = variance + epsilon;
  return spread > 0 ? 1 / std::sqrt(spread) : 0;
}

DType wide_dtype(DType x) {
  return x == DType::Float64 ? x : DType::Float32;
}

}  // namespace

std::vector<ValueType> BatchNormalize::infer(std::span<const ValueType> inputs) const {
  const ValueType& x = inputs[0];
  require_features(name(), x.shape);
  const Shape channels{x.shape.columns()};
  for (const ValueType& row : inputs.subspan(1)) {
    if (row.shape == channels) continue;
    reject(name(),
           "gamma and beta must be as long as the last axis of " + x.shape.to_string() + ", got " +
               row.shape.to_string());
  }
  const ValueType statistic{channels, wide_dtype(x.dtype)};
  return {x, statistic, statistic};
}

Gradients BatchNormalize::gradient(std::span<const Value> x,
                                   std::span<const Value> y,
                                   std::span<const std::optional<Value>> dy) const {
  if (!dy[0]) return Gradients(x.size());
  std::vector<Value> inputs = {*dy[0], x[0], y[1], y[2]};
  if (options.scales) inputs.push_back(x[1]);
  const std::vector<Value> slopes =
      x[0].graph->add(std::make_shared<BatchNormGradient>(options), inputs);
  return {slopes.begin(), slopes.end()};
}

void BatchNormalize::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const auto channels = static_cast<std::size_t>(x.shape.columns());
  const std::int64_t rows = counted_rows(x.shape, arguments.context);
  const auto count = static_cast<double>(std::max<std::int64_t>(1, rows));
  const auto mean = arguments.outputs[1].data;
  const auto variance = arguments.outputs[2].data;
  std::ranges::fill(mean, 0.0);
  std::ranges::fill(variance, 0.0);
  for_each_counted(
      x.shape, rows, [&](std::size_t i, std::size_t c) { mean[c] += x.data[i] / count; });
  for_each_counted(x.shape, rows, [&](std::size_t i, std::size_t c) {
    variance[c] += (x.data[i] - mean[c]) * (x.data[i] - mean[c]) / count;
  });
  fill_output(arguments, [&](std::size_t i) {
    const std::size_t c = i % channels;
    double y = (x.data[i] - mean[c]) * inverse_of(variance[c], options.epsilon);
    if (options.scales) y *= arguments.inputs[1].data[c];
    if (options.shifts) y += arguments.inputs.back().data[c];
    return y;
  });
}

std::vector<ValueType> BatchNormGradient::infer(std::span<const ValueType> inputs) const {
  const ValueType& x = inputs[1];
  std::vector<ValueType> outputs = {x};
  const auto rows = static_cast<int>(options.scales) + static_cast<int>(options.shifts);
  for (int i = 0; i < rows; ++i) {
    outputs.push_back({Shape{x.shape.columns()}, wide_dtype(x.dtype)});
  }
  return outputs;
}

/// With g = dy gamma and z the normalized x: dx = (g - mean(g) - z mean(g z)) / deviation.
void BatchNormGradient::reference(const ReferenceArguments& arguments) const {
  const auto slope = arguments.inputs[0].data;
  const ConstArray& x = arguments.inputs[1];
  const auto mean = arguments.inputs[2].data;
  const auto variance = arguments.inputs[3].data;
  const auto channels = static_cast<std::size_t>(x.shape.columns());
  const std::int64_t rows = counted_rows(x.shape, arguments.context);
  const auto count = static_cast<double>(std::max<std::int64_t>(1, rows));
  const auto inverse = [&](std::size_t c) { return inverse_of(variance[c], options.epsilon); };
  const auto normalized = [&](std::size_t i, std::size_t c) {
    return (x.data[i] - mean[c]) * inverse(c);
  };
  const std::size_t counted = static_cast<std::size_t>(rows) * channels;
  std::ranges::fill(arguments.outputs[0].data, 0.0);
  for (std::size_t c = 0; c < channels; ++c) {  // one after another: sums need no memory
    double slopes = 0;
    double products = 0;
    for (std::size_t i = c; i < counted; i += channels) {
      slopes += slope[i];
      products += slope[i] * normalized(i, c);
    }
    const double scale = inverse(c) * (options.scales ? arguments.inputs[4].data[c] : 1.0);
    for (std::size_t i = c; i < counted; i += channels) {
      arguments.outputs[0].data[i] =
          scale * (slope[i] - slopes / count - normalized(i, c) * products / count);
    }
    if (options.scales) arguments.outputs[1].data[c] = products;
    if (options.shifts) arguments.outputs.back().data[c] = slopes;
  }
}

BatchNorm batch_norm(Value x,
                     std::optional<Value> gamma,
                     std::optional<Value> beta,
                     double epsilon) {
  std::vector<Value> inputs = {x};
  if (gamma) inputs.push_back(*gamma);
  if (beta) inputs.push_back(*beta);
  const std::vector<Value> outputs = x.graph->add(
      std::make_shared<BatchNormalize>(BatchNormOptions{
          .epsilon = epsilon, .scales = gamma.has_value(), .shifts = beta.has_value()}),
      inputs);
  return {.y = outputs[0], .mean = outputs[1], .variance = outputs[2]};
}

}  // namespace carnyx::ops
