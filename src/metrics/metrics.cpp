#include "carnyx/metrics/metrics.h"

#include <array>
#include <span>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"
#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

constexpr double kThreshold = 0.5;

/// Rows where every position agrees count by the share of positions, as Keras's mean does.
Value share_of_equal(Value equal, std::int64_t batch) {
  if (equal.shape().rank() == 1) return equal;
  const std::int64_t positions = batch == 0 ? 1 : equal.shape().elements() / batch;
  return ops::mean_features(ops::reshape(ops::convert(equal, DType::Float32), {batch, positions}));
}

Value binary_matches(Value target, Value output) {
  const Value threshold = ops::fill(*output.graph, Shape{1}, kThreshold, output.dtype());
  const Value guess = ops::binary(output, threshold, ops::BinaryKind::Greater);
  const Value t = ops::reshape(ops::convert(target, output.dtype()), output.shape());
  return ops::binary(guess, t, ops::BinaryKind::Equal);
}

Value categorical_matches(Value target, Value output) {
  const bool labels =
      target.shape().rank() < output.shape().rank() || target.shape().columns() == 1;
  const Value best = ops::argmax(output);
  const Value wanted =
      labels ? ops::convert(ops::reshape(target, best.shape()), DType::Int32) : ops::argmax(target);
  return ops::binary(best, wanted, ops::BinaryKind::Equal);
}

}  // namespace

Value Accuracy::build(GraphBuilder&, Value target, Value output) const {
  const bool binary = output.shape().columns() == 1;
  const Value equal = binary ? binary_matches(target, output) : categorical_matches(target, output);
  return ops::sum_valid(share_of_equal(equal, output.shape()[0]));
}

AnyMetric metric_from_json(const Json& json) {
  const std::string name = json.is_string() ? json.as_string() : json.at("class_name").as_string();
  constexpr std::array<std::string_view, 3> kKnown = {"accuracy", "acc", "Accuracy"};
  if (name == "acc") return Accuracy({.name = "acc"});
  if (name == "accuracy" || name == "Accuracy") return Accuracy({});
  throw InvalidArgument(unknown_name("metric", name, kKnown));
}

}  // namespace carnyx
