#include "metrics/threshold_counts.h"

#include <algorithm>
#include <cmath>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"
#include "carnyx/losses/targets.h"

namespace carnyx::metrics {
namespace {

using ops::BinaryKind;

/// Only the k largest of each row's outputs can be above a threshold.
Value only_top_k(Value output, std::int64_t k) {
  const Value kept = ops::top_k_mask(output, k);
  const Value dropped = ops::scale(ops::shift(kept, -1), -kTopKThreshold);
  return ops::add(ops::multiply(output, kept), dropped);
}

/// Column `index` of [..., C], as [..., 1].
Value column(std::string_view metric, Value x, std::int64_t index) {
  const std::int64_t columns = x.shape().columns();
  if (index < 0 || index >= columns) {
    throw InvalidArgument(
        format("{}: class_id must be in [0, {}), got {}", metric, columns, index));
  }
  std::vector<double> chosen(static_cast<std::size_t>(columns), 0);
  chosen[static_cast<std::size_t>(index)] = 1;
  return ops::sum_features(ops::multiply(x, ops::constant(*x.graph, Shape{columns}, chosen)));
}

/// A weight for each output.
Value weights_like(std::string_view metric,
                   Value output,
                   const MetricInputs& inputs,
                   const std::vector<double>& label_weights) {
  Value weights = ops::fill(*output.graph, output.shape(), 1, output.dtype());
  if (inputs.weight) {
    std::vector<std::int64_t> axes(static_cast<std::size_t>(output.shape().rank()), 1);
    axes[0] = output.shape()[0];
    weights = ops::multiply(weights, ops::reshape(*inputs.weight, Shape(std::move(axes))));
  }
  if (label_weights.empty()) return weights;
  const std::int64_t columns = output.shape().columns();
  if (columns != static_cast<std::int64_t>(label_weights.size())) {
    throw InvalidArgument(format("{}: label_weights must have one for each of {} columns, got {}",
                                 metric,
                                 columns,
                                 label_weights.size()));
  }
  return ops::multiply(weights, ops::constant(*output.graph, Shape{columns}, label_weights));
}

std::vector<double> ascending(std::vector<double> thresholds) {
  std::ranges::sort(thresholds);
  return thresholds;
}

}  // namespace

std::vector<double> thresholds_or(std::string_view metric,
                                  const std::vector<double>& given,
                                  double otherwise) {
  for (const double threshold : given) {
    if (threshold >= 0 && threshold <= 1) continue;
    throw InvalidArgument(format("{}: thresholds must be in [0, 1], got {}", metric, threshold));
  }
  return given.empty() ? std::vector<double>{otherwise} : given;
}

std::vector<double> even_thresholds(std::int64_t count) {
  if (count == 1) return {0.5};
  std::vector<double> thresholds;
  for (std::int64_t i = 0; i < count; ++i) {
    thresholds.push_back(static_cast<double>(i) / static_cast<double>(count - 1));
  }
  return thresholds;
}

bool are_even(const std::vector<double>& thresholds) {
  if (thresholds.size() < 3) return false;
  const auto even = even_thresholds(static_cast<std::int64_t>(thresholds.size()));
  for (std::size_t i = 0; i < even.size(); ++i) {
    if (std::abs(thresholds[i] - even[i]) > 1e-7 + 1e-5 * even[i]) return false;  // np.allclose
  }
  return true;
}

std::vector<Value> count_by_threshold(std::string_view metric,
                                      const MetricInputs& inputs,
                                      const ThresholdCounting& counting) {
  Value output = inputs.output;
  Value target = one_hot_target(metric, inputs.target, output);
  if (counting.top_k) output = only_top_k(output, *counting.top_k);
  if (counting.class_id) {
    target = column(metric, target, *counting.class_id);
    output = column(metric, output, *counting.class_id);
  }
  if (are_even(counting.thresholds)) output = ops::clip(output, 0, 1);
  const Value zero = ops::fill(*target.graph, Shape{1}, 0, target.dtype());
  const Value negative = ops::binary(target, zero, BinaryKind::Equal);
  const Value weights = weights_like(metric, output, inputs, counting.label_weights);
  const Value of_negatives = ops::multiply(weights, negative);
  const Value of_positives = ops::subtract(weights, of_negatives);
  const std::vector<double> thresholds = ascending(counting.thresholds);
  return {ops::bucket_sums(output, of_positives, thresholds, counting.by_label),
          ops::bucket_sums(output, of_negatives, thresholds, counting.by_label)};
}

std::vector<Confusion> confusions(std::span<const double> sums,
                                  const std::vector<double>& thresholds,
                                  std::size_t label,
                                  std::size_t labels) {
  const std::size_t buckets = thresholds.size() + 1;
  const auto positives = sums.subspan(label * buckets, buckets);
  const auto negatives = sums.subspan((labels + label) * buckets, buckets);
  const std::vector<double> sorted = ascending(thresholds);
  std::vector<Confusion> counts;
  for (const double threshold : thresholds) {
    // In the buckets past it lies what is above the threshold.
    const auto at = std::ranges::lower_bound(sorted, threshold) - sorted.begin();
    Confusion& count = counts.emplace_back();
    for (std::size_t i = 0; i < buckets; ++i) {
      const bool above = static_cast<std::int64_t>(i) > at;
      (above ? count.true_positives : count.false_negatives) += positives[i];
      (above ? count.false_positives : count.true_negatives) += negatives[i];
    }
  }
  return counts;
}

}  // namespace carnyx::metrics
