#include "carnyx/metrics/regression.h"

#include <array>
#include <cmath>

#include "carnyx/losses/regression.h"
#include "carnyx/losses/targets.h"

#include "metrics/column_sums.h"
#include "metrics/epsilon.h"
#include "metrics/option_fields.h"

namespace carnyx::metrics {
namespace {

using ops::UnaryKind;

constexpr std::array<std::string_view, 2> kAggregations = {"uniform_average",
                                                           "variance_weighted_average"};

void require_last_axis(std::string_view metric, std::int64_t axis, const Shape& shape) {
  if (axis == -1 || axis == shape.rank() - 1) return;
  throw InvalidArgument(
      format("{}: axis must be the last of {}, got {}", metric, shape.to_string(), axis));
}

Value centered(Value x) {
  return ops::subtract(x, ops::mean_features(x));
}

/// The mean square over the features, which stay as 1.
Value variance_of_centered(Value x) {
  return ops::mean_features(ops::unary(x, UnaryKind::Square));
}

Value standardized(Value x) {
  const Value moved = centered(x);
  return ops::divide(moved, ops::unary(variance_of_centered(moved), UnaryKind::Sqrt));
}

/// What remains of a score after so many regressors could explain part of it by chance.
double adjusted(double score, double samples, double regressors) {
  const bool possible = samples - regressors - 1 > 0;
  return possible ? 1 - (1 - score) * (samples - 1) / (samples - regressors - 1) : score;
}

struct Explained {
  double variance;  // of the targets, times their count
  double score;
};

Explained explained(double sum, double square_sum, double residual, double count) {
  const double variance = square_sum - sum * (sum / count);
  const double score = 1 - residual / variance;
  return {variance, std::isinf(score) ? 0 : score};
}

}  // namespace

Value RootMeanSquaredError::per_row(GraphBuilder& builder, Value target, Value output) const {
  return MeanSquaredError().per_row(builder, target, output);
}

std::vector<double> RootMeanSquaredError::result(std::span<const double> sums, double rows) const {
  return {std::sqrt(MeanMetric::result(sums, rows)[0])};
}

Json CosineSimilarity::config() const {
  return config_of(options_);
}

Value CosineSimilarity::per_row(GraphBuilder& builder, Value target, Value output) const {
  const carnyx::CosineSimilarity loss({.axis = options_.axis});
  return ops::scale(loss.per_row(builder, target, output), -1);
}

Json PearsonCorrelation::config() const {
  return config_of(options_);
}

Value PearsonCorrelation::per_row(GraphBuilder&, Value target, Value output) const {
  require_last_axis(class_name(), options_.axis, output.shape());
  const Value t = fitted_target(class_name(), target, output);
  return ops::mean_features(ops::multiply(standardized(t), standardized(output)));
}

Json ConcordanceCorrelation::config() const {
  return config_of(options_);
}

Value ConcordanceCorrelation::per_row(GraphBuilder&, Value target, Value output) const {
  require_last_axis(class_name(), options_.axis, output.shape());
  const Value t = fitted_target(class_name(), target, output);
  const Value mean = ops::mean_features(output);
  const Value together = ops::multiply(ops::subtract(t, mean), ops::subtract(output, mean));
  const Value distance = ops::unary(ops::subtract(ops::mean_features(t), mean), UnaryKind::Square);
  const Value apart =
      ops::add(ops::add(variance_of_centered(centered(t)), variance_of_centered(centered(output))),
               distance);
  return ops::mean_features(ops::divide(ops::scale(together, 2), ops::shift(apart, kEpsilon)));
}

std::string_view name_of(ClassAggregation aggregation) {
  return spelling(aggregation, kAggregations);
}
void from_name(std::string_view name, ClassAggregation& aggregation) {
  find_spelling("R2Score class_aggregation", name, kAggregations, aggregation);
}

R2Score::R2Score(R2ScoreOptions options) : options_(std::move(options)) {
  if (options_.num_regressors >= 0) return;
  throw InvalidArgument(
      format("R2Score: num_regressors must be at least 0, got {}", options_.num_regressors));
}

Json R2Score::config() const {
  return config_of(options_);
}

/// By column: sum and square sum of the targets, of the errors the square sum, and the weights.
std::vector<Value> R2Score::build(GraphBuilder&, const MetricInputs& inputs) const {
  if (inputs.output.shape().rank() != 2) {
    throw InvalidArgument(
        format("R2Score: expected an output [B, C], got {}", inputs.output.shape().to_string()));
  }
  const Value t =
      ops::convert(fitted_target(class_name(), inputs.target, inputs.output), DType::Float64);
  const Value error = ops::subtract(t, inputs.output);
  const auto sums = [&](Value x) { return column_sums(x, inputs.weight); };
  return {sums(t),
          sums(ops::unary(t, UnaryKind::Square)),
          sums(ops::unary(error, UnaryKind::Square)),
          sums(ops::fill(*t.graph, t.shape(), 1, DType::Float64))};
}

std::vector<double> R2Score::result(std::span<const double> sums, double rows) const {
  const std::size_t columns = sums.size() / 4;
  double variances = 0;
  double weighted = 0;
  std::vector<double> scores;
  double total = 0;
  for (std::size_t c = 0; c < columns; ++c) {
    const Explained column =
        explained(sums[c], sums[columns + c], sums[2 * columns + c], sums[3 * columns + c]);
    scores.push_back(column.score);
    variances += column.variance;
    weighted += column.variance * column.score;
    total += column.score;
  }
  if (options_.class_aggregation == ClassAggregation::UniformAverage) {
    scores = {total / static_cast<double>(columns)};
  } else if (options_.class_aggregation == ClassAggregation::VarianceWeightedAverage) {
    scores = {weighted / variances};
  }
  if (options_.num_regressors == 0) return scores;
  const double samples = rows * static_cast<double>(columns);  // Keras counts elements
  for (double& score : scores) {
    score = adjusted(score, samples, static_cast<double>(options_.num_regressors));
  }
  return scores;
}

}  // namespace carnyx::metrics
