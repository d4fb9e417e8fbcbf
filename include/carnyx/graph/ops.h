// The operations that layers, losses, metrics and optimizers are made of. Each has a gradient.
// Shapes: B samples, C features, ... any axes. Throw InvalidArgument if shapes disagree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "carnyx/graph/graph.h"
#include "carnyx/kernels/math.h"
#include "carnyx/kernels/update_rule.h"

namespace carnyx::ops {

using kernels::BinaryKind;
using kernels::UnaryKind;

/// A value of `shape` filled with one number.
Value fill(Graph& graph, Shape shape, double number, DType dtype = DType::Float32);
/// A value of `shape` with these numbers, row-major.
Value constant(Graph& graph, Shape shape, std::vector<double> numbers);
/// The number of valid rows of the step, [1].
Value valid_count(Graph& graph);
/// StepContext::gradient_scale, [1].
Value gradient_scale(Graph& graph);

Value unary(Value x, UnaryKind kind, double alpha = 0);
/// NumPy's broadcasting. `precision`: Wide to keep float32 in mixed precision, as where a large
/// mean is taken away.
Value binary(Value x, Value y, BinaryKind kind, Precision precision = Precision::Follows);
inline Value add(Value x, Value y) {
  return binary(x, y, BinaryKind::Add);
}
inline Value subtract(Value x, Value y) {
  return binary(x, y, BinaryKind::Subtract);
}
inline Value multiply(Value x, Value y) {
  return binary(x, y, BinaryKind::Multiply);
}
inline Value divide(Value x, Value y) {
  return binary(x, y, BinaryKind::Divide);
}
Value scale(Value x, double factor);
Value shift(Value x, double term);
/// low <= x <= high elementwise; no gradient flows where x is outside.
Value clip(Value x, double low, double high);
/// x ^ exponent elementwise, for x >= 0: exp(exponent * log x) has no gradient at 0.
Value power(Value x, double exponent);
/// gate > 0 ? x * scale : 0. Same shapes.
Value gate(Value x, Value by, double scale = 1);
/// Each element kept with probability 1 - rate and then divided by it.
Value dropout(Value x, double rate, std::uint32_t stream);
/// x + deviation * normal draws, other ones in every step.
Value gaussian_noise(Value x, double deviation, std::uint32_t stream);
Value convert(Value x, DType dtype);

/// a [m, k] . b [k, n]; a may have more leading axes. `transpose_a`: a is [k, m], and so on.
Value matmul(Value a, Value b, bool transpose_a = false, bool transpose_b = false);

/// Sums down to `shape`, which broadcasts to x's: the gradient of broadcasting.
Value sum_to(Value x, const Shape& shape);
Value broadcast_to(Value x, const Shape& shape);
/// Sum over the last axis, which stays as 1.
Value sum_features(Value x);
Value mean_features(Value x);
/// Largest over the last axis, which stays as 1. No gradient.
Value max_features(Value x);
/// Index of the first largest over the last axis; [...]. No gradient. Of a softmax it is its
/// input's; of a one_hot, the labels.
Value argmax(Value x);
/// 1 at the k largest over the last axis, the first of equal ones first; 0 elsewhere. No gradient.
Value top_k_mask(Value x, std::int64_t k);
/// For i in [0, T]: the sum of the weights in valid rows where x is above exactly i of the T
/// ascending thresholds, compared as float32; float64 [T + 1]. `by_feature`: for each index of the
/// last axis on its own, [C, T + 1]. weights: x's shape. No gradient.
Value bucket_sums(Value x, Value weights, std::vector<double> thresholds, bool by_feature = false);
/// Sum of everything in the rows below StepContext::valid_rows, float64 [1].
Value sum_valid(Value x);
/// Sum of everything, float64 [1].
Value sum_all(Value x);
/// 0 in the rows at and above valid_rows.
Value row_mask(Value x);

/// Over the last axis, (x - mean) / sqrt(variance + epsilon) * gamma + beta, in float32 at least.
/// `keeps_mean`: x itself is divided. Shapes: x [..., C]; gamma, beta [C], or none. Of a row of
/// equal elements, epsilon being 0, it makes beta.
Value layer_norm(Value x,
                 std::optional<Value> gamma,
                 std::optional<Value> beta,
                 double epsilon,
                 bool keeps_mean = false);
Value softmax(Value x);
/// What `x` was before softmax or sigmoid made it, if one did; losses work on that instead, as
/// Keras does, for log(softmax(z)) loses digits that log_softmax(z) keeps.
std::optional<Value> before_softmax(Value x);
std::optional<Value> before_sigmoid(Value x);
/// Sum over valid rows of -sum_c target[c] log softmax(logits)[c], in nats, float64 [1].
/// target: labels [B] (one outside [0, C) counts nothing) or probabilities [B, C]; one_hot(labels)
/// counts as the labels.
Value softmax_cross_entropy(Value logits, Value target);

Value reshape(Value x, Shape shape);
/// labels [B] -> [B, depth]; a label outside [0, depth) gives zeros.
Value one_hot(Value labels, std::int64_t depth);

/// The new weight and slots after one step of `rule`; `gradient` is a sum, scaled by
/// gradient_scale() on the way. `multiplier` [1] is what clipping by a norm leaves of the gradient.
std::vector<Value> update(std::shared_ptr<const kernels::UpdateRule> rule,
                          Value weight,
                          Value gradient,
                          std::span<const Value> slots,
                          std::optional<Value> multiplier = std::nullopt);

}  // namespace carnyx::ops
