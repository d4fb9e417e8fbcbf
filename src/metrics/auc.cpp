#include "carnyx/metrics/auc.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "carnyx/graph/ops.h"

#include "metrics/option_fields.h"
#include "metrics/threshold_counts.h"

namespace carnyx::metrics {
namespace {

constexpr double kBeyondThresholds =
    1e-7;  // so that 0 is above the first threshold, and 1 below the last
constexpr std::array<std::string_view, 3> kCurves = {"ROC", "PR", "PRGAIN"};
constexpr std::array<std::string_view, 3> kSummations = {"interpolation", "majoring", "minoring"};

struct Point {
  double x;
  double y;
};

double share_of_gain(double scale, double wrong, double right) {
  return 1 - scale * share(wrong, right);
}

Point point_of(AUCCurve curve, const Confusion& at) {
  const double positives = at.true_positives + at.false_negatives;
  const double negatives = at.false_positives + at.true_negatives;
  const double recall = share(at.true_positives, positives);
  switch (curve) {
    case AUCCurve::Roc:
      return {share(at.false_positives, negatives), recall};
    case AUCCurve::Pr:
      return {recall, share(at.true_positives, at.true_positives + at.false_positives)};
    case AUCCurve::PrGain:
      break;
  }
  if (at.true_positives == 0) return {0, 1};
  const double scale = share(positives, negatives);
  return {std::max(share_of_gain(scale, at.false_negatives, at.true_positives), 0.0),
          share_of_gain(scale, at.false_positives, at.true_positives)};
}

double height_of(AUCSummation summation, double left, double right) {
  switch (summation) {
    case AUCSummation::Interpolation:
      return (left + right) / 2;
    case AUCSummation::Majoring:
      return std::max(left, right);
    case AUCSummation::Minoring:
      break;
  }
  return std::min(left, right);
}

/// Between two thresholds true positives grow in proportion to all that is said to be yes.
/// Source: Davis & Goadrich, 2006, section 4; Keras's interpolate_pr_auc.
double interpolated_pr_area(const std::vector<Confusion>& counts) {
  double area = 0;
  for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
    const Confusion& low = counts[i];
    const Confusion& high = counts[i + 1];
    const double yes_low = low.true_positives + low.false_positives;
    const double yes_high = high.true_positives + high.false_positives;
    const double gained = low.true_positives - high.true_positives;
    const double slope = share(gained, std::max(yes_low - yes_high, 0.0));
    const double intercept = high.true_positives - slope * yes_high;
    const double ratio = yes_low > 0 && yes_high > 0 ? yes_low / yes_high : 1;
    area += share(slope * (gained + intercept * std::log(ratio)),
                  high.true_positives + high.false_negatives);
  }
  return area;
}

double area_of(const AUCOptions& options, const std::vector<Confusion>& counts) {
  const bool interpolates = options.summation_method == AUCSummation::Interpolation;
  if (options.curve == AUCCurve::Pr && interpolates) return interpolated_pr_area(counts);
  double area = 0;
  for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
    const Point left = point_of(options.curve, counts[i]);
    const Point right = point_of(options.curve, counts[i + 1]);
    area += (left.x - right.x) * height_of(options.summation_method, left.y, right.y);
  }
  return area;
}

}  // namespace

std::string_view name_of(AUCCurve curve) {
  return spelling(curve, kCurves);
}
void from_name(std::string_view name, AUCCurve& curve) {
  find_spelling("AUC curve", name, kCurves, curve);
}
std::string_view name_of(AUCSummation summation) {
  return spelling(summation, kSummations);
}
void from_name(std::string_view name, AUCSummation& summation) {
  find_spelling("AUC summation_method", name, kSummations, summation);
}

AUC::AUC(AUCOptions options) : options_(std::move(options)) {
  if (options_.num_thresholds < 2) {
    throw InvalidArgument(
        format("AUC: num_thresholds must be at least 2, got {}", options_.num_thresholds));
  }
  if (options_.num_labels && !options_.multi_label) {
    throw InvalidArgument("AUC: num_labels says something only with multi_label");
  }
  std::ranges::sort(options_.thresholds);
  std::vector<double> inner = options_.thresholds;
  if (inner.empty()) {
    inner = even_thresholds(options_.num_thresholds);
    inner.erase(inner.begin());
    inner.pop_back();
  } else {
    thresholds_or("AUC", inner, 0);
  }
  inner.insert(inner.begin(), 0);
  inner.push_back(1);
  evenly_ = options_.thresholds.empty() || are_even(inner);
  inner.front() -= kBeyondThresholds;
  inner.back() += kBeyondThresholds;
  thresholds_ = std::move(inner);
}

Json AUC::config() const {
  Json config = config_of(options_);
  if (options_.thresholds.empty()) return config;
  return config.set("num_thresholds", static_cast<std::int64_t>(thresholds_.size()));
}

std::vector<Value> AUC::build(GraphBuilder&, const MetricInputs& inputs) const {
  MetricInputs own = inputs;
  const std::int64_t columns = inputs.output.shape().columns();
  if (options_.multi_label &&
      (inputs.output.shape().rank() != 2 || options_.num_labels.value_or(columns) != columns)) {
    throw InvalidArgument(format("AUC: multi_label expects an output [B, {}], got {}",
                                 options_.num_labels ? std::to_string(*options_.num_labels) : "C",
                                 inputs.output.shape().to_string()));
  }
  if (options_.from_logits) own.output = ops::unary(own.output, ops::UnaryKind::Sigmoid);
  if (evenly_) own.output = ops::clip(own.output, 0, 1);
  return count_by_threshold(
      class_name(),
      own,
      {.thresholds = thresholds_,
       .by_label = options_.multi_label,
       .label_weights = options_.multi_label ? std::vector<double>() : options_.label_weights});
}

std::vector<double> AUC::result(std::span<const double> sums, double) const {
  const std::size_t labels = sums.size() / (2 * (thresholds_.size() + 1));
  double area = 0;
  double weights = 0;
  for (std::size_t label = 0; label < labels; ++label) {
    const bool weighted = options_.multi_label && label < options_.label_weights.size();
    const double weight = weighted ? options_.label_weights[label] : 1;
    area += weight * area_of(options_, confusions(sums, thresholds_, label, labels));
    weights += weight;
  }
  return {share(area, weights)};
}

}  // namespace carnyx::metrics
