#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/metrics/metric.h"

namespace carnyx::metrics {

/// Which curve: true over false positive rate, precision over recall, or their gains (Flach & Kull,
/// 2015).
enum class AUCCurve { Roc, Pr, PrGain };
std::string_view name_of(AUCCurve curve);  ///< "ROC", "PR", "PRGAIN"
void from_name(std::string_view name, AUCCurve& curve);

/// The height between two points: their mean, the higher or the lower. Of a PR curve the mean is
/// taken of what is under it (Davis & Goadrich, 2006).
enum class AUCSummation { Interpolation, Majoring, Minoring };
std::string_view name_of(AUCSummation summation);  ///< "interpolation", "majoring", "minoring"
void from_name(std::string_view name, AUCSummation& summation);

struct AUCOptions {
  std::string name = "auc";
  std::int64_t num_thresholds = 200;  ///< at least 2, evenly in [0, 1]
  AUCCurve curve = AUCCurve::Roc;
  AUCSummation summation_method = AUCSummation::Interpolation;
  std::vector<double> thresholds = {};  ///< each in [0, 1], besides the ends; instead of even ones
  bool multi_label = false;             ///< a curve for each column, and the mean of their areas
  std::optional<std::int64_t> num_labels = std::nullopt;  ///< the columns, if given; multi_label
  std::vector<double> label_weights = {};                 ///< one a column; empty: all the same
  bool from_logits = false;
};
/// The area under a curve of rates at all thresholds. Targets and outputs as in confusion.h.
class AUC final : public Metric {
 public:
  explicit AUC(AUCOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "AUC"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;

 private:
  AUCOptions options_;
  std::vector<double> thresholds_;  // ascending, with an end below 0 and one above 1
  bool evenly_;
};

}  // namespace carnyx::metrics
