#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"

namespace carnyx {

/// What a metric is built from; target and output as Loss has them.
struct MetricInputs {
  Value target;
  Value output;
  std::optional<Value> weight = std::nullopt;  ///< of each row, [B]; nothing: each counts 1
};

/// Derive from it for a metric of your own that is more than a mean: build() composes sums over the
/// step's rows, the trainer adds them up over steps and replicas, result() makes of them what is
/// printed. So any number of steps, processes and any short last batch give one answer.
class Metric {
 public:
  virtual ~Metric() = default;
  /// The key in logs and History, e.g. "accuracy".
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string class_name() const = 0;
  [[nodiscard]] virtual Json config() const { return Json::object({{"name", name()}}); }
  /// Sums over valid rows, each of any shape. Throws InvalidArgument if the inputs do not fit.
  virtual std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const = 0;
  /// What an epoch's sums come to: all elements of the values that build() gave, one after another,
  /// over `rows` rows. One number, or one a class or threshold ("name_0", "name_1", ... in logs).
  [[nodiscard]] virtual std::vector<double> result(std::span<const double> sums,
                                                   double rows) const = 0;
  /// The metric as a compile config has it: {"module": "keras.metrics", ...}, or a string.
  [[nodiscard]] virtual Json to_json() const;
};

/// Derive from it for a metric of your own that is the mean of the rows' scores.
class MeanMetric : public Metric {
 public:
  /// The score of each row, [B], or of its positions, [B, ...], whose mean is the row's score.
  virtual Value per_row(GraphBuilder& builder, Value target, Value output) const = 0;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums,
                                           double rows) const override;
};

class AnyMetric {
 public:
  template <std::derived_from<Metric> M>
  AnyMetric(M metric)  // NOLINT(google-explicit-constructor): {.metrics = {Accuracy({})}}
      : metric_(std::make_shared<const M>(std::move(metric))) {}
  const Metric* operator->() const { return metric_.get(); }
  const Metric& operator*() const { return *metric_; }

 private:
  std::shared_ptr<const Metric> metric_;  // shared by copies; immutable
};

/// By Keras's string ("accuracy", "mse", "AUC"), which is then its name, or a config object.
/// Throws InvalidArgument naming the nearest known one, or an option's name, place and range.
AnyMetric metric_from_json(const Json& json);
/// The class names that metric_from_json() knows.
std::vector<std::string_view> metric_class_names();

}  // namespace carnyx
