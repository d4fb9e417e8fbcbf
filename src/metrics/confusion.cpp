#include "carnyx/metrics/confusion.h"

#include "metrics/option_fields.h"
#include "metrics/threshold_counts.h"

namespace carnyx::metrics {
namespace {

template <class F>
std::vector<double> at_each(const std::vector<double>& thresholds,
                            std::span<const double> sums,
                            F number) {
  std::vector<double> results;
  for (const Confusion& at : confusions(sums, thresholds)) results.push_back(number(at));
  return results;
}

template <class Options>
std::vector<double> precision_thresholds(std::string_view metric, const Options& options) {
  if (options.top_k && *options.top_k < 1) {
    throw InvalidArgument(format("{}: top_k must be at least 1, got {}", metric, *options.top_k));
  }
  return thresholds_or(metric, options.thresholds, options.top_k ? kTopKThreshold : 0.5);
}

}  // namespace

ConfusionCount::ConfusionCount(std::string_view default_name, ConfusionCountOptions options)
    : options_(std::move(options)),
      thresholds_(thresholds_or(default_name, options_.thresholds, 0.5)) {
  if (options_.name.empty()) options_.name = default_name;
}

Json ConfusionCount::config() const {
  return config_of(options_);
}

std::vector<Value> ConfusionCount::build(GraphBuilder&, const MetricInputs& inputs) const {
  return count_by_threshold(class_name(), inputs, {.thresholds = thresholds_});
}

std::vector<double> TruePositives::result(std::span<const double> sums, double) const {
  return at_each(thresholds(), sums, [](const Confusion& at) { return at.true_positives; });
}

std::vector<double> FalsePositives::result(std::span<const double> sums, double) const {
  return at_each(thresholds(), sums, [](const Confusion& at) { return at.false_positives; });
}

std::vector<double> TrueNegatives::result(std::span<const double> sums, double) const {
  return at_each(thresholds(), sums, [](const Confusion& at) { return at.true_negatives; });
}

std::vector<double> FalseNegatives::result(std::span<const double> sums, double) const {
  return at_each(thresholds(), sums, [](const Confusion& at) { return at.false_negatives; });
}

Precision::Precision(PrecisionOptions options)
    : options_(std::move(options)), thresholds_(precision_thresholds("Precision", options_)) {}

Json Precision::config() const {
  return config_of(options_);
}

std::vector<Value> Precision::build(GraphBuilder&, const MetricInputs& inputs) const {
  return count_by_threshold(
      class_name(),
      inputs,
      {.thresholds = thresholds_, .top_k = options_.top_k, .class_id = options_.class_id});
}

std::vector<double> Precision::result(std::span<const double> sums, double) const {
  return at_each(thresholds_, sums, [](const Confusion& at) {
    return share(at.true_positives, at.true_positives + at.false_positives);
  });
}

Recall::Recall(RecallOptions options)
    : options_(std::move(options)), thresholds_(precision_thresholds("Recall", options_)) {}

Json Recall::config() const {
  return config_of(options_);
}

std::vector<Value> Recall::build(GraphBuilder&, const MetricInputs& inputs) const {
  return count_by_threshold(
      class_name(),
      inputs,
      {.thresholds = thresholds_, .top_k = options_.top_k, .class_id = options_.class_id});
}

std::vector<double> Recall::result(std::span<const double> sums, double) const {
  return at_each(thresholds_, sums, [](const Confusion& at) {
    return share(at.true_positives, at.true_positives + at.false_negatives);
  });
}

}  // namespace carnyx::metrics
