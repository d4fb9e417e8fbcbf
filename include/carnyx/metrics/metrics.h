// Metrics by Keras's names. A metric builds a sum over valid rows; the trainer divides by their
// count over the epoch, which is Keras's sample-weighted running mean.
#pragma once

#include <concepts>
#include <memory>
#include <string>

#include "carnyx/base/json.h"
#include "carnyx/graph/graph_builder.h"

namespace carnyx {

/// Derive from it for a metric of your own: it composes ops.
class Metric {
 public:
  virtual ~Metric() = default;
  /// The key in logs and History, e.g. "accuracy".
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string class_name() const = 0;
  /// The sum over valid rows of each row's score, [1]. Shapes as for Loss::build.
  virtual Value build(GraphBuilder& builder, Value target, Value output) const = 0;
};

class AnyMetric {
 public:
  template <std::derived_from<Metric> M>
  AnyMetric(M metric)  // NOLINT(google-explicit-constructor): {.metrics = {Accuracy({})}}
      : metric_(std::make_shared<const M>(std::move(metric))) {}
  const Metric* operator->() const { return metric_.get(); }

 private:
  std::shared_ptr<const Metric> metric_;  // shared by copies; immutable
};

struct AccuracyOptions {
  std::string name = "accuracy";  ///< "acc" in Keras before 2.3
};
/// What Keras makes of the string "accuracy": binary (threshold 0.5) if the output has one feature,
/// sparse categorical if the target holds labels ([B], or [B, 1]), categorical otherwise.
class Accuracy final : public Metric {
 public:
  explicit Accuracy(AccuracyOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "Accuracy"; }
  Value build(GraphBuilder& builder, Value target, Value output) const override;

 private:
  AccuracyOptions options_;
};

/// By name: "accuracy", "acc". Throws InvalidArgument naming the nearest known one.
AnyMetric metric_from_json(const Json& json);

}  // namespace carnyx
