#include "graph/ops/loss.h"

#include <algorithm>
#include <cmath>

#include "carnyx/graph/ops.h"

#include "graph/ops/elementwise.h"
#include "graph/ops/shape.h"

namespace carnyx::ops {
namespace {

using Row = std::span<const double>;

double log_sum_exp(Row logits) {
  const double largest = std::ranges::max(logits);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

/// The target's weight on class c in this row.
double target_weight(const ConstArray& target, std::int64_t row, std::size_t c) {
  if (target.shape.rank() > 1) return row_of(target, row)[c];
  return target.data[static_cast<std::size_t>(row)] == static_cast<double>(c) ? 1 : 0;
}

}  // namespace

std::vector<ValueType> Softmax::infer(std::span<const ValueType> inputs) const {
  require_features(name(), inputs[0].shape);
  return {inputs[0]};
}

Gradients Softmax::gradient(std::span<const Value>,
                            std::span<const Value> y,
                            std::span<const std::optional<Value>> dy) const {
  const Value weighted = sum_features(multiply(*dy[0], y[0]));
  return {multiply(y[0], subtract(*dy[0], weighted))};
}

void Softmax::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const auto columns = static_cast<std::size_t>(x.shape.columns());
  for (std::int64_t row = 0; row < x.shape.rows(); ++row) {
    const Row logits = row_of(x, row);
    const double normalizer = log_sum_exp(logits);
    for (std::size_t c = 0; c < columns; ++c) {
      arguments.outputs[0].data[static_cast<std::size_t>(row) * columns + c] =
          std::exp(logits[c] - normalizer);
    }
  }
}

Value softmax(Value x) {
  return add_node<Softmax>({x});
}

std::vector<ValueType> SoftmaxCrossEntropy::infer(std::span<const ValueType> inputs) const {
  const Shape& logits = inputs[0].shape;
  const Shape& target = inputs[1].shape;
  if (logits.rank() != 2 || (target != Shape{logits[0]} && target != logits)) {
    reject(name(),
           "expected logits [B, C] and a target [B] or [B, C], got " + logits.to_string() +
               " and " + target.to_string());
  }
  require_features(name(), logits);
  return {{Shape{1}, DType::Float64}};
}

Gradients SoftmaxCrossEntropy::gradient(std::span<const Value> x,
                                        std::span<const Value>,
                                        std::span<const std::optional<Value>> dy) const {
  return {add_node<SoftmaxCrossEntropyGradient>({x[0], x[1], *dy[0]}), std::nullopt};
}

void SoftmaxCrossEntropy::reference(const ReferenceArguments& arguments) const {
  const ConstArray& logits = arguments.inputs[0];
  const std::int64_t rows = std::min(logits.shape[0], arguments.context.valid_rows);
  double loss = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const Row z = row_of(logits, row);
    const double normalizer = log_sum_exp(z);
    for (std::size_t c = 0; c < z.size(); ++c) {
      const double weight = target_weight(arguments.inputs[1], row, c);
      if (weight != 0) loss += weight * (normalizer - z[c]);
    }
  }
  arguments.outputs[0].data[0] = loss;
}

void SoftmaxCrossEntropyGradient::reference(const ReferenceArguments& arguments) const {
  const ConstArray& logits = arguments.inputs[0];
  const double slope = arguments.inputs[2].data[0];
  const auto y = arguments.outputs[0].data;
  const auto columns = static_cast<std::size_t>(logits.shape.columns());
  std::ranges::fill(y, 0.0);
  const std::int64_t rows = std::min(logits.shape[0], arguments.context.valid_rows);
  for (std::int64_t row = 0; row < rows; ++row) {
    const Row z = row_of(logits, row);
    const double normalizer = log_sum_exp(z);
    double total = 0;
    for (std::size_t c = 0; c < columns; ++c) total += target_weight(arguments.inputs[1], row, c);
    for (std::size_t c = 0; c < columns; ++c) {
      const double weight = target_weight(arguments.inputs[1], row, c);
      y[static_cast<std::size_t>(row) * columns + c] =
          slope * (total * std::exp(z[c] - normalizer) - weight);
    }
  }
}

std::optional<Value> before_softmax(Value x) {
  if (op_as<Softmax>(*x.graph, x.id) == nullptr) return std::nullopt;
  return x.graph->value(x.graph->node(x.graph->producer(x.id)).inputs[0]);
}

std::optional<Value> before_sigmoid(Value x) {
  const auto* op = op_as<Unary>(*x.graph, x.id);
  if (op == nullptr || op->kind != kernels::UnaryKind::Sigmoid) return std::nullopt;
  return x.graph->value(x.graph->node(x.graph->producer(x.id)).inputs[0]);
}

Value softmax_cross_entropy(Value logits, Value target) {
  const auto* labels = op_as<OneHot>(*target.graph, target.id);
  if (labels != nullptr && labels->depth == logits.shape().columns()) {
    target = target.graph->value(target.graph->node(target.graph->producer(target.id)).inputs[0]);
  }
  return add_node<SoftmaxCrossEntropy>({logits, target});
}

}  // namespace carnyx::ops
