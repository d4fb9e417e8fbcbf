// Losses as metrics: metrics::MeanOf(MeanAbsoluteError()) is Keras's metric of that name.
#pragma once

#include <string>

#include "carnyx/losses/losses.h"
#include "carnyx/metrics/metric.h"

namespace carnyx::metrics {

/// The mean of a loss over the rows, or over their weights.
class MeanOf final : public MeanMetric {
 public:
  /// An empty name is Keras's: that of the loss as a function.
  explicit MeanOf(AnyLoss loss, std::string name = {});
  [[nodiscard]] std::string name() const override { return name_; }
  /// Keras's class where it has one, "MeanMetricWrapper" otherwise.
  [[nodiscard]] std::string class_name() const override;
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  AnyLoss loss_;
  std::string name_;
};

/// The sum of a loss over the rows, each times its weight. Keras has no such metric: it stays out
/// of what is saved.
class SumOf final : public Metric {
 public:
  explicit SumOf(AnyLoss loss, std::string name = "sum");
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string class_name() const override { return "SumOf"; }
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;
  [[nodiscard]] Json to_json() const override { return {}; }

 private:
  AnyLoss loss_;
  std::string name_;
};

}  // namespace carnyx::metrics
