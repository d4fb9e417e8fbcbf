#include "carnyx/metrics/operating_point.h"

#include <algorithm>

#include "metrics/option_fields.h"
#include "metrics/threshold_counts.h"

namespace carnyx::metrics {
namespace {

double sensitivity(const Confusion& at) {
  return share(at.true_positives, at.true_positives + at.false_negatives);
}
double specificity(const Confusion& at) {
  return share(at.true_negatives, at.true_negatives + at.false_positives);
}
double precision(const Confusion& at) {
  return share(at.true_positives, at.true_positives + at.false_positives);
}

}  // namespace

BestOperatingPoint::BestOperatingPoint(std::string_view default_name,
                                       std::string_view constraint,
                                       double least,
                                       OperatingPointOptions options)
    : constraint_(constraint), least_(least), options_(std::move(options)) {
  if (options_.name.empty()) options_.name = default_name;
  if (!(least >= 0 && least <= 1)) {
    throw InvalidArgument(
        format("{}: {} must be in [0, 1], got {}", default_name, constraint, least));
  }
  if (options_.num_thresholds < 1) {
    throw InvalidArgument(format(
        "{}: num_thresholds must be at least 1, got {}", default_name, options_.num_thresholds));
  }
  thresholds_ = even_thresholds(options_.num_thresholds);
}

Json BestOperatingPoint::config() const {
  Json config = config_of(options_);
  return config.set(constraint_, least_);
}

std::vector<Value> BestOperatingPoint::build(GraphBuilder&, const MetricInputs& inputs) const {
  return count_by_threshold(
      class_name(), inputs, {.thresholds = thresholds_, .class_id = options_.class_id});
}

std::vector<double> BestOperatingPoint::result(std::span<const double> sums, double) const {
  double best = 0;
  for (const Confusion& at : confusions(sums, thresholds_)) {
    const OperatingPoint point = rates(at);
    if (point.constrained >= least_) best = std::max(best, point.wanted);
  }
  return {best};
}

SensitivityAtSpecificity::SensitivityAtSpecificity(double least, OperatingPointOptions options)
    : BestOperatingPoint("sensitivity_at_specificity", "specificity", least, std::move(options)) {}

OperatingPoint SensitivityAtSpecificity::rates(const Confusion& at) const {
  return {.constrained = specificity(at), .wanted = sensitivity(at)};
}

SpecificityAtSensitivity::SpecificityAtSensitivity(double least, OperatingPointOptions options)
    : BestOperatingPoint("specificity_at_sensitivity", "sensitivity", least, std::move(options)) {}

OperatingPoint SpecificityAtSensitivity::rates(const Confusion& at) const {
  return {.constrained = sensitivity(at), .wanted = specificity(at)};
}

PrecisionAtRecall::PrecisionAtRecall(double least, OperatingPointOptions options)
    : BestOperatingPoint("precision_at_recall", "recall", least, std::move(options)) {}

OperatingPoint PrecisionAtRecall::rates(const Confusion& at) const {
  return {.constrained = sensitivity(at), .wanted = precision(at)};
}

RecallAtPrecision::RecallAtPrecision(double least, OperatingPointOptions options)
    : BestOperatingPoint("recall_at_precision", "precision", least, std::move(options)) {}

OperatingPoint RecallAtPrecision::rates(const Confusion& at) const {
  return {.constrained = precision(at), .wanted = sensitivity(at)};
}

}  // namespace carnyx::metrics
