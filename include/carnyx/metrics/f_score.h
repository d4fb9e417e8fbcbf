#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carnyx/metrics/metric.h"

namespace carnyx::metrics {

/// How the classes' scores become one: that of all counts together, their mean, or their mean
/// weighted by how often each class is true.
enum class Average { Micro, Macro, Weighted };
std::string_view name_of(Average average);  ///< "micro", "macro", "weighted"
void from_name(std::string_view name, Average& average);

struct FBetaScoreOptions {
  std::string name = "fbeta_score";
  std::optional<Average> average = std::nullopt;   ///< nothing: a result a class
  double beta = 1;                                 ///< > 0: how much more recall weighs
  std::optional<double> threshold = std::nullopt;  ///< in (0, 1]; nothing: the largest is the yes
};
/// The weighted harmonic mean of precision and recall. Target and output: [B, C], or labels [B].
class FBetaScore final : public Metric {
 public:
  explicit FBetaScore(FBetaScoreOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "FBetaScore"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;

 private:
  FBetaScoreOptions options_;
};

struct F1ScoreOptions {
  std::string name = "f1_score";
  std::optional<Average> average = std::nullopt;
  std::optional<double> threshold = std::nullopt;
};
/// FBetaScore with a beta of 1.
class F1Score final : public Metric {
 public:
  explicit F1Score(F1ScoreOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "F1Score"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;

 private:
  F1ScoreOptions options_;
  FBetaScore score_;
};

}  // namespace carnyx::metrics
