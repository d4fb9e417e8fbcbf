// How near numbers are to numbers. Errors that are losses too: MeanOf.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "carnyx/metrics/metric.h"

namespace carnyx::metrics {

struct RootMeanSquaredErrorOptions {
  std::string name = "root_mean_squared_error";
};
/// The root of the mean over all rows of (target - output)^2.
class RootMeanSquaredError final : public MeanMetric {
 public:
  explicit RootMeanSquaredError(RootMeanSquaredErrorOptions options)
      : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "RootMeanSquaredError"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;

 private:
  RootMeanSquaredErrorOptions options_;
};

struct CosineSimilarityMetricOptions {
  std::string name = "cosine_similarity";
  std::int64_t axis = -1;  ///< along which target and output are vectors
};
/// The cosine of the angle between target and output: 1 is best.
class CosineSimilarity final : public MeanMetric {
 public:
  explicit CosineSimilarity(CosineSimilarityMetricOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "CosineSimilarity"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CosineSimilarityMetricOptions options_;
};

struct PearsonCorrelationOptions {
  std::string name = "pearson_correlation";
  std::int64_t axis = -1;  ///< the last
};
/// The mean over the rows of the correlation of a row's target and output.
class PearsonCorrelation final : public MeanMetric {
 public:
  explicit PearsonCorrelation(PearsonCorrelationOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "PearsonCorrelation"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  PearsonCorrelationOptions options_;
};

struct ConcordanceCorrelationOptions {
  std::string name = "concordance_correlation";
  std::int64_t axis = -1;  ///< the last
};
/// The mean over the rows of Lin's concordance of a row's target and output, as Keras computes it.
class ConcordanceCorrelation final : public MeanMetric {
 public:
  explicit ConcordanceCorrelation(ConcordanceCorrelationOptions options)
      : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "ConcordanceCorrelation"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  ConcordanceCorrelationOptions options_;
};

/// How the columns' scores become one: their mean, or weighted by the targets' variances.
enum class ClassAggregation { UniformAverage, VarianceWeightedAverage };
std::string_view name_of(ClassAggregation aggregation);  ///< "uniform_average", "variance_..."
void from_name(std::string_view name, ClassAggregation& aggregation);

struct R2ScoreOptions {
  std::string name = "r2_score";
  std::optional<ClassAggregation> class_aggregation =
      ClassAggregation::UniformAverage;  ///< nothing: a result a column
  std::int64_t num_regressors = 0;       ///< >= 0; above 0: the score is adjusted for so many
};
/// The share of the targets' variance that the outputs explain. Target and output: [B, C].
class R2Score final : public Metric {
 public:
  explicit R2Score(R2ScoreOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "R2Score"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;

 private:
  R2ScoreOptions options_;
};

}  // namespace carnyx::metrics
