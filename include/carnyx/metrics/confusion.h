// Counts of right and wrong yes-or-no answers at thresholds: an output above one says yes. Targets
// have the output's shape, and what is not 0 is a yes; labels [B] of an output [B, C] are one-hot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/metrics/metric.h"

namespace carnyx::metrics {

/// The four counts at one threshold; with weights, their sums.
struct Confusion {
  double true_positives = 0;
  double false_positives = 0;
  double true_negatives = 0;
  double false_negatives = 0;
};

struct ConfusionCountOptions {
  std::string name = {};                ///< empty: the class's own
  std::vector<double> thresholds = {};  ///< each in [0, 1]; empty: 0.5
};

/// One of the four counts; a result for each threshold.
class ConfusionCount : public Metric {
 public:
  ConfusionCount(std::string_view default_name, ConfusionCountOptions options);
  [[nodiscard]] std::string name() const final { return options_.name; }
  [[nodiscard]] Json config() const final;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const final;

 protected:
  [[nodiscard]] const std::vector<double>& thresholds() const { return thresholds_; }

 private:
  ConfusionCountOptions options_;
  std::vector<double> thresholds_;
};

class TruePositives final : public ConfusionCount {
 public:
  explicit TruePositives(ConfusionCountOptions options)
      : ConfusionCount("true_positives", std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "TruePositives"; }
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;
};

class FalsePositives final : public ConfusionCount {
 public:
  explicit FalsePositives(ConfusionCountOptions options)
      : ConfusionCount("false_positives", std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "FalsePositives"; }
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;
};

class TrueNegatives final : public ConfusionCount {
 public:
  explicit TrueNegatives(ConfusionCountOptions options)
      : ConfusionCount("true_negatives", std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "TrueNegatives"; }
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;
};

class FalseNegatives final : public ConfusionCount {
 public:
  explicit FalseNegatives(ConfusionCountOptions options)
      : ConfusionCount("false_negatives", std::move(options)) {}
  [[nodiscard]] std::string class_name() const override { return "FalseNegatives"; }
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;
};

struct PrecisionOptions {
  std::string name = "precision";
  std::vector<double> thresholds = {};  ///< each in [0, 1]; empty: 0.5, or none with top_k
  std::optional<std::int64_t> top_k = std::nullopt;     ///< only a row's k largest can be a yes
  std::optional<std::int64_t> class_id = std::nullopt;  ///< only this column counts
};
/// Of what was said to be yes, the share that is; 0 where nothing was. A result a threshold.
class Precision final : public Metric {
 public:
  explicit Precision(PrecisionOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "Precision"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;

 private:
  PrecisionOptions options_;
  std::vector<double> thresholds_;
};

struct RecallOptions {
  std::string name = "recall";
  std::vector<double> thresholds = {};  ///< as for Precision
  std::optional<std::int64_t> top_k = std::nullopt;
  std::optional<std::int64_t> class_id = std::nullopt;
};
/// Of what is yes, the share that was said to be; 0 where nothing is. A result a threshold.
class Recall final : public Metric {
 public:
  explicit Recall(RecallOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "Recall"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;

 private:
  RecallOptions options_;
  std::vector<double> thresholds_;
};

}  // namespace carnyx::metrics
