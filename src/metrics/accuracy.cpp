#include "carnyx/metrics/accuracy.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"
#include "carnyx/losses/targets.h"

namespace carnyx {
namespace {

using ops::BinaryKind;

Value equal(Value x, Value y) {
  return ops::binary(x, y, BinaryKind::Equal);
}

Value binary_matches(std::string_view metric, Value target, Value output, double threshold) {
  const Value limit = ops::fill(*output.graph, Shape{1}, threshold, output.dtype());
  const Value guess = ops::binary(output, limit, BinaryKind::Greater);
  return equal(guess, fitted_target(metric, target, output));
}

Shape positions_of(Value output) {
  std::vector<std::int64_t> axes = output.shape().axes();
  axes.pop_back();
  return Shape(std::move(axes));
}

/// The classes that the target names, one a position.
Value labels_of(std::string_view metric, Value target, Value output) {
  const Shape positions = positions_of(output);
  if (target.shape().elements() != positions.elements()) {
    throw InvalidArgument(format("{}: expected a label for each position of {}, got {}",
                                 metric,
                                 output.shape().to_string(),
                                 target.shape().to_string()));
  }
  return ops::convert(ops::reshape(target, positions), DType::Int32);
}

Value sparse_matches(std::string_view metric, Value target, Value output) {
  return equal(ops::argmax(output), labels_of(metric, target, output));
}

Value categorical_matches(std::string_view metric, Value target, Value output) {
  return equal(ops::argmax(output), ops::argmax(one_hot_target(metric, target, output)));
}

/// Whether fewer than k outputs are larger than the label's. A label that is no class, and an
/// output that is not finite, never is: as TensorFlow's in_top_k.
Value in_top_k(Value labels, Value output, std::int64_t k) {
  const std::int64_t positions = labels.shape().elements();
  const std::int64_t classes = output.shape().columns();
  const Value one_hot =
      ops::reshape(ops::one_hot(ops::reshape(labels, {positions}), classes), output.shape());
  const Value own = ops::sum_features(ops::multiply(one_hot, output));
  const Value larger = ops::sum_features(ops::binary(output, own, BinaryKind::Greater));
  const Value limit = ops::fill(*output.graph, Shape{1}, static_cast<double>(k), larger.dtype());
  const Value known = ops::multiply(ops::sum_features(one_hot), equal(own, own));
  return ops::multiply(ops::binary(limit, larger, BinaryKind::Greater), known);
}

void require_k(std::string_view metric, std::int64_t k) {
  if (k >= 1) return;
  throw InvalidArgument(format("{}: k must be at least 1, got {}", metric, k));
}

}  // namespace

Value Accuracy::per_row(GraphBuilder&, Value target, Value output) const {
  if (output.shape().columns() == 1) return binary_matches("accuracy", target, output, 0.5);
  const bool labels =
      target.shape().rank() < output.shape().rank() || target.shape().columns() == 1;
  return labels ? sparse_matches("accuracy", target, output)
                : categorical_matches("accuracy", target, output);
}

Json Accuracy::to_json() const {
  return options_.name == "acc" ? "acc" : "accuracy";
}

namespace metrics {

Value ExactAccuracy::per_row(GraphBuilder&, Value target, Value output) const {
  return equal(output, fitted_target(class_name(), target, output));
}

Json BinaryAccuracy::config() const {
  return Json::object({{"name", options_.name}, {"threshold", options_.threshold}});
}

Value BinaryAccuracy::per_row(GraphBuilder&, Value target, Value output) const {
  return binary_matches(class_name(), target, output, options_.threshold);
}

Value CategoricalAccuracy::per_row(GraphBuilder&, Value target, Value output) const {
  return categorical_matches(class_name(), target, output);
}

Value SparseCategoricalAccuracy::per_row(GraphBuilder&, Value target, Value output) const {
  return sparse_matches(class_name(), target, output);
}

TopKCategoricalAccuracy::TopKCategoricalAccuracy(TopKCategoricalAccuracyOptions options)
    : options_(std::move(options)) {
  require_k(class_name(), options_.k);
}

Json TopKCategoricalAccuracy::config() const {
  return Json::object({{"name", options_.name}, {"k", options_.k}});
}

Value TopKCategoricalAccuracy::per_row(GraphBuilder&, Value target, Value output) const {
  return in_top_k(ops::argmax(one_hot_target(class_name(), target, output)), output, options_.k);
}

SparseTopKCategoricalAccuracy::SparseTopKCategoricalAccuracy(
    SparseTopKCategoricalAccuracyOptions options)
    : options_(std::move(options)) {
  require_k(class_name(), options_.k);
}

Json SparseTopKCategoricalAccuracy::config() const {
  Json config = Json::object({{"name", options_.name}, {"k", options_.k}});
  if (options_.from_sorted_ids) config.set("from_sorted_ids", true);
  return config;
}

Value SparseTopKCategoricalAccuracy::per_row(GraphBuilder&, Value target, Value output) const {
  const Value labels = labels_of(class_name(), target, output);
  if (!options_.from_sorted_ids) return in_top_k(labels, output, options_.k);
  std::vector<std::int64_t> axes = labels.shape().axes();
  axes.push_back(1);
  const Value wanted = ops::convert(ops::reshape(labels, Shape(std::move(axes))), output.dtype());
  std::vector<double> first_k(static_cast<std::size_t>(output.shape().columns()), 0);
  for (std::size_t i = 0; i < first_k.size(); ++i) {
    first_k[i] = static_cast<std::int64_t>(i) < options_.k ? 1 : 0;
  }
  const Value counts = ops::constant(*output.graph, Shape{output.shape().columns()}, first_k);
  return ops::max_features(ops::multiply(equal(wanted, output), counts));
}

}  // namespace metrics
}  // namespace carnyx
