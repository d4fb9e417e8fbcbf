// The best of one rate among the thresholds where another is at least so much; 0 if none is.
// Targets and outputs as in confusion.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/metrics/confusion.h"
#include "carnyx/metrics/metric.h"

namespace carnyx::metrics {

/// What the four have in common.
struct OperatingPointOptions {
  std::string name = {};              ///< empty: the class's own
  std::int64_t num_thresholds = 200;  ///< evenly in [0, 1]; 1: at 0.5
  std::optional<std::int64_t> class_id = std::nullopt;
};

/// The two rates that a threshold has.
struct OperatingPoint {
  double constrained;
  double wanted;
};

class BestOperatingPoint : public Metric {
 public:
  [[nodiscard]] std::string name() const final { return options_.name; }
  [[nodiscard]] Json config() const final;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const final;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums, double rows) const final;

 protected:
  /// `constraint` is the option's name, `least` its value. Throws InvalidArgument unless it is in
  /// [0, 1] and there is a threshold.
  BestOperatingPoint(std::string_view default_name,
                     std::string_view constraint,
                     double least,
                     OperatingPointOptions options);
  [[nodiscard]] virtual OperatingPoint rates(const Confusion& at) const = 0;

 private:
  std::string constraint_;
  double least_;
  OperatingPointOptions options_;
  std::vector<double> thresholds_;
};

class SensitivityAtSpecificity final : public BestOperatingPoint {
 public:
  explicit SensitivityAtSpecificity(double specificity, OperatingPointOptions options = {});
  [[nodiscard]] std::string class_name() const override { return "SensitivityAtSpecificity"; }

 private:
  [[nodiscard]] OperatingPoint rates(const Confusion& at) const override;
};

class SpecificityAtSensitivity final : public BestOperatingPoint {
 public:
  explicit SpecificityAtSensitivity(double sensitivity, OperatingPointOptions options = {});
  [[nodiscard]] std::string class_name() const override { return "SpecificityAtSensitivity"; }

 private:
  [[nodiscard]] OperatingPoint rates(const Confusion& at) const override;
};

class PrecisionAtRecall final : public BestOperatingPoint {
 public:
  explicit PrecisionAtRecall(double recall, OperatingPointOptions options = {});
  [[nodiscard]] std::string class_name() const override { return "PrecisionAtRecall"; }

 private:
  [[nodiscard]] OperatingPoint rates(const Confusion& at) const override;
};

class RecallAtPrecision final : public BestOperatingPoint {
 public:
  explicit RecallAtPrecision(double precision, OperatingPointOptions options = {});
  [[nodiscard]] std::string class_name() const override { return "RecallAtPrecision"; }

 private:
  [[nodiscard]] OperatingPoint rates(const Confusion& at) const override;
};

}  // namespace carnyx::metrics
