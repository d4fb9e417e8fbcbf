#pragma once

#include <cstdint>
#include <string>

#include "carnyx/metrics/metric.h"

namespace carnyx {

struct AccuracyOptions {
  std::string name = "accuracy";  ///< "acc" in Keras before 2.3
};
/// What Keras makes of the string "accuracy": binary (threshold 0.5) if the output has one feature,
/// sparse categorical if the target holds labels ([B], or [B, 1]), categorical otherwise.
class Accuracy final : public MeanMetric {
 public:
  explicit Accuracy(AccuracyOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "accuracy"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
  [[nodiscard]] Json to_json() const override;

 private:
  AccuracyOptions options_;
};

namespace metrics {

struct ExactAccuracyOptions {
  std::string name = "accuracy";
};
/// How often output and target are equal numbers: the class Accuracy of Keras.
class ExactAccuracy final : public MeanMetric {
 public:
  explicit ExactAccuracy(ExactAccuracyOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "Accuracy"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  ExactAccuracyOptions options_;
};

struct BinaryAccuracyOptions {
  std::string name = "binary_accuracy";
  double threshold = 0.5;
};
/// How often "output is above the threshold" is the target.
class BinaryAccuracy final : public MeanMetric {
 public:
  explicit BinaryAccuracy(BinaryAccuracyOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "BinaryAccuracy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  BinaryAccuracyOptions options_;
};

struct CategoricalAccuracyOptions {
  std::string name = "categorical_accuracy";
};
/// How often the largest output is the largest target. Target: [B, ..., C], or labels [B].
class CategoricalAccuracy final : public MeanMetric {
 public:
  explicit CategoricalAccuracy(CategoricalAccuracyOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "CategoricalAccuracy"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  CategoricalAccuracyOptions options_;
};

struct SparseCategoricalAccuracyOptions {
  std::string name = "sparse_categorical_accuracy";
};
/// How often the largest output is the label. Target: labels [B, ...] or [B, ..., 1].
class SparseCategoricalAccuracy final : public MeanMetric {
 public:
  explicit SparseCategoricalAccuracy(SparseCategoricalAccuracyOptions options)
      : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "SparseCategoricalAccuracy"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  SparseCategoricalAccuracyOptions options_;
};

struct TopKCategoricalAccuracyOptions {
  std::string name = "top_k_categorical_accuracy";
  std::int64_t k = 5;  ///< at least 1
};
/// How often fewer than k outputs are larger than that of the largest target.
class TopKCategoricalAccuracy final : public MeanMetric {
 public:
  explicit TopKCategoricalAccuracy(TopKCategoricalAccuracyOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "TopKCategoricalAccuracy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  TopKCategoricalAccuracyOptions options_;
};

struct SparseTopKCategoricalAccuracyOptions {
  std::string name = "sparse_top_k_categorical_accuracy";
  std::int64_t k = 5;            ///< at least 1
  bool from_sorted_ids = false;  ///< the output holds classes, the likeliest first
};
/// How often fewer than k outputs are larger than that of the label.
class SparseTopKCategoricalAccuracy final : public MeanMetric {
 public:
  explicit SparseTopKCategoricalAccuracy(SparseTopKCategoricalAccuracyOptions options);
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "SparseTopKCategoricalAccuracy"; }
  [[nodiscard]] Json config() const override;
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;

 private:
  SparseTopKCategoricalAccuracyOptions options_;
};

}  // namespace metrics
}  // namespace carnyx
