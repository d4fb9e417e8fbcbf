#include "carnyx/losses/crossentropy.h"

#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/losses/targets.h"

#include "losses/option_fields.h"
#include "losses/pieces.h"

namespace carnyx {
namespace {

using ops::BinaryKind;
using ops::UnaryKind;

/// target times weight [B], broadcast over a row's further axes.
Value weighted(Value target, Value weight) {
  std::vector<std::int64_t> axes(static_cast<std::size_t>(target.shape().rank()), 1);
  axes[0] = target.shape()[0];
  return ops::multiply(target, ops::reshape(weight, Shape(std::move(axes))));
}

void require_last_axis(std::string_view loss, std::int64_t axis, const Shape& output) {
  if (pieces::canonical_axis(loss, axis, output) == output.rank() - 1) return;
  throw InvalidArgument(
      format("{}: of logits the classes must be on the last axis, got axis {} "
             "of {}; make them probabilities first",
             loss,
             axis,
             output.to_string()));
}

}  // namespace

CategoricalCrossentropy::CategoricalCrossentropy(CrossentropyOptions options) : options_(options) {
  pieces::require_smoothing(class_name(), options.label_smoothing);
}

Json CategoricalCrossentropy::config() const {
  return loss_config("categorical_crossentropy", options_);
}

Value CategoricalCrossentropy::smoothed(Value target, Value output) const {
  const Value weights = one_hot_target(class_name(), target, output);
  const auto classes = static_cast<double>(output.shape().columns());
  return pieces::smoothed(weights, options_.label_smoothing, classes);
}

/// Nothing if the output holds probabilities that no softmax made.
std::optional<Value> CategoricalCrossentropy::logits_of(Value output) const {
  const auto logits = options_.from_logits ? std::optional(output) : ops::before_softmax(output);
  if (logits) require_last_axis(class_name(), options_.axis, output.shape());
  return logits;
}

Value CategoricalCrossentropy::per_row(GraphBuilder&, Value target, Value output) const {
  const Value weights = smoothed(target, output);
  const std::int64_t axis = pieces::canonical_axis(class_name(), options_.axis, output.shape());
  const auto logits = logits_of(output);
  const Value log_p = logits
                          ? pieces::log_softmax(*logits)
                          : ops::unary(pieces::bounded_probabilities(output, axis), UnaryKind::Log);
  const Value sum = pieces::sum_over(ops::multiply(weights, log_p), axis);
  return pieces::without_axis(ops::scale(sum, -1), axis);
}

Value CategoricalCrossentropy::build(GraphBuilder& builder, Value target, Value output) const {
  const auto logits = logits_of(output);
  if (!logits || output.shape().rank() != 2) return Loss::build(builder, target, output);
  return ops::softmax_cross_entropy(*logits, smoothed(target, output));
}

Value CategoricalCrossentropy::build_weighted(GraphBuilder& builder,
                                              Value target,
                                              Value output,
                                              Value weight) const {
  const auto logits = logits_of(output);
  if (!logits || output.shape().rank() != 2) {
    return Loss::build_weighted(builder, target, output, weight);
  }
  return ops::softmax_cross_entropy(*logits, weighted(smoothed(target, output), weight));
}

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(SparseCrossentropyOptions options)
    : options_(options) {}

Json SparseCategoricalCrossentropy::config() const {
  Json config = loss_config("sparse_categorical_crossentropy", options_);
  config.erase("axis");  // the last, which is all there is; older Keras 3 does not know the word
  return config;
}

/// Labels of the output's shape without its last axis; -1, which is no class, where ignored.
Value SparseCategoricalCrossentropy::known_labels(Value target, Value output) const {
  require_last_axis(class_name(), options_.axis, output.shape());
  std::vector<std::int64_t> axes = output.shape().axes();
  axes.pop_back();
  const Shape positions(std::move(axes));
  const bool fits = target.shape()[0] == output.shape()[0] &&
                    target.shape().elements() == positions.elements() && positions.rank() > 0;
  if (!fits) {
    throw InvalidArgument(
        format("{}: expected labels [B, ...] and an output [B, ..., C], got {} and {}",
               class_name(),
               target.shape().to_string(),
               output.shape().to_string()));
  }
  const Value labels = ops::convert(ops::reshape(target, positions), DType::Int32);
  const auto counts = counted(target, output);
  if (!counts) return labels;
  return ops::add(ops::multiply(labels, *counts), ops::shift(*counts, -1));
}

std::optional<Value> SparseCategoricalCrossentropy::counted(Value target, Value output) const {
  if (!options_.ignore_class) return std::nullopt;
  std::vector<std::int64_t> axes = output.shape().axes();
  axes.pop_back();
  const Value labels = ops::convert(ops::reshape(target, Shape(std::move(axes))), DType::Int32);
  const Value ignored =
      ops::fill(*target.graph, Shape{1}, static_cast<double>(*options_.ignore_class), DType::Int32);
  return pieces::complement(ops::binary(labels, ignored, BinaryKind::Equal));
}

Value SparseCategoricalCrossentropy::logits_of(Value output) const {
  if (options_.from_logits) return output;
  if (const auto logits = ops::before_softmax(output)) return *logits;
  // Keras bounds probabilities and takes their logarithms for logits, so the sum is 1 after that.
  return ops::unary(ops::clip(output, pieces::kEpsilon, 1 - pieces::kEpsilon), UnaryKind::Log);
}

Value SparseCategoricalCrossentropy::unscaled_rows(Value target, Value output) const {
  const Value labels = known_labels(target, output);
  const Value log_p = pieces::log_softmax(logits_of(output));
  const std::int64_t positions = labels.shape().elements();
  const Value one_hot = ops::one_hot(ops::reshape(labels, {positions}), output.shape().columns());
  const Value right = ops::multiply(ops::reshape(one_hot, output.shape()), log_p);
  const Value sum = ops::scale(ops::sum_features(right), -1);
  return ops::reshape(sum, labels.shape());
}

/// Times positions / positions that count: the step's mean over all becomes that of the others.
Value SparseCategoricalCrossentropy::over_counted(Value sum, Value target, Value output) const {
  const auto counts = counted(target, output);
  if (!counts) return sum;
  const std::int64_t batch = counts->shape()[0];
  const std::int64_t columns = batch == 0 ? 1 : counts->shape().elements() / batch;
  const auto per_row = static_cast<double>(columns);
  Graph& graph = *sum.graph;
  const Value all = ops::scale(ops::convert(ops::valid_count(graph), sum.dtype()), per_row);
  const Value one = ops::fill(graph, Shape{1}, 1, sum.dtype());
  const Value some = ops::convert(ops::sum_valid(*counts), sum.dtype());
  return ops::multiply(sum, ops::divide(all, ops::binary(some, one, BinaryKind::Maximum)));
}

Value SparseCategoricalCrossentropy::per_row(GraphBuilder&, Value target, Value output) const {
  return over_counted(unscaled_rows(target, output), target, output);
}

Value SparseCategoricalCrossentropy::build(GraphBuilder& builder,
                                           Value target,
                                           Value output) const {
  if (output.shape().rank() != 2) return Loss::build(builder, target, output);
  const Value sum = ops::softmax_cross_entropy(logits_of(output), known_labels(target, output));
  return over_counted(sum, target, output);
}

Value SparseCategoricalCrossentropy::build_weighted(GraphBuilder& builder,
                                                    Value target,
                                                    Value output,
                                                    Value weight) const {
  if (output.shape().rank() != 2) return Loss::build_weighted(builder, target, output, weight);
  const Value one_hot = ops::one_hot(known_labels(target, output), output.shape().columns());
  const Value sum = ops::softmax_cross_entropy(logits_of(output), weighted(one_hot, weight));
  return over_counted(sum, target, output);
}

BinaryCrossentropy::BinaryCrossentropy(CrossentropyOptions options) : options_(options) {
  pieces::require_smoothing(class_name(), options.label_smoothing);
}

Json BinaryCrossentropy::config() const {
  return loss_config("binary_crossentropy", options_);
}

Value BinaryCrossentropy::per_row(GraphBuilder&, Value target, Value output) const {
  const Value given = fitted_target(class_name(), target, output);
  const Value t = pieces::smoothed(given, options_.label_smoothing, 2);
  const auto logits = options_.from_logits ? std::optional(output) : ops::before_sigmoid(output);
  return logits ? pieces::binary_crossentropy_of_logits(t, *logits)
                : pieces::binary_crossentropy(t, output);
}

CategoricalGeneralizedCrossEntropy::CategoricalGeneralizedCrossEntropy(
    CategoricalGeneralizedCrossEntropyOptions options)
    : options_(options) {
  if (options.q > 0 && options.q < 1) return;
  throw InvalidArgument(format("{}: q must be in (0, 1), got {}", class_name(), options.q));
}

Json CategoricalGeneralizedCrossEntropy::config() const {
  return loss_config("categorical_generalized_cross_entropy", options_);
}

Value CategoricalGeneralizedCrossEntropy::per_row(GraphBuilder&, Value target, Value output) const {
  const std::int64_t batch = output.shape()[0];
  if (output.shape().rank() != 2 || target.shape().elements() != batch) {
    throw InvalidArgument(format("{}: expected labels [B] and an output [B, C], got {} and {}",
                                 class_name(),
                                 target.shape().to_string(),
                                 output.shape().to_string()));
  }
  const Value labels = ops::convert(ops::reshape(target, {batch}), DType::Int32);
  const Value one_hot = ops::one_hot(labels, output.shape().columns());
  const Value p = pieces::one_in_padding(ops::sum_features(ops::multiply(one_hot, output)));
  return ops::scale(pieces::complement(ops::power(p, options_.q)), 1 / options_.q);
}

}  // namespace carnyx
