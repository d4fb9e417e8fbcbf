// Intersection over union of the positions that a class has in target and output. Positions whose
// class is outside [0, num_classes), or ignored, count nothing; weights count as whole numbers, as
// Keras has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/metrics/metric.h"

namespace carnyx::metrics {

struct IoUOptions {
  std::string name = "io_u";
  std::int64_t num_classes = 2;                     ///< at least 1
  std::vector<std::int64_t> target_class_ids = {};  ///< the mean is over them; each is a class
  std::optional<std::int64_t> ignore_class = std::nullopt;
  bool sparse_y_true = true;  ///< the target holds classes; else scores, on the last axis
  bool sparse_y_pred = true;  ///< the same of the output
};
/// Mean over some classes.
class IoU : public Metric {
 public:
  explicit IoU(IoUOptions options);
  [[nodiscard]] std::string name() const final { return options_.name; }
  [[nodiscard]] std::string class_name() const override { return "IoU"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;
  [[nodiscard]] std::vector<double> result(std::span<const double> sums, double rows) const final;

 protected:
  [[nodiscard]] const IoUOptions& options() const { return options_; }

 private:
  IoUOptions options_;
};

struct MeanIoUOptions {
  std::string name = "mean_io_u";
  std::int64_t num_classes = 2;
  std::optional<std::int64_t> ignore_class = std::nullopt;
  bool sparse_y_true = true;
  bool sparse_y_pred = true;
};
/// Mean over all classes that occur.
class MeanIoU final : public IoU {
 public:
  explicit MeanIoU(const MeanIoUOptions& options);
  [[nodiscard]] std::string class_name() const override { return "MeanIoU"; }
  [[nodiscard]] Json config() const override;
};

struct BinaryIoUOptions {
  std::string name = "binary_io_u";
  std::vector<std::int64_t> target_class_ids = {0, 1};
  double threshold = 0.5;
};
/// Of the classes "output is at least the threshold" and its contrary.
class BinaryIoU final : public IoU {
 public:
  explicit BinaryIoU(const BinaryIoUOptions& options);
  [[nodiscard]] std::string class_name() const override { return "BinaryIoU"; }
  [[nodiscard]] Json config() const override;
  std::vector<Value> build(GraphBuilder& builder, const MetricInputs& inputs) const override;

 private:
  double threshold_;
};

struct OneHotIoUOptions {
  std::string name = "one_hot_io_u";
  std::int64_t num_classes = 2;
  std::vector<std::int64_t> target_class_ids = {};
  std::optional<std::int64_t> ignore_class = std::nullopt;
  bool sparse_y_pred = false;
};
/// IoU of a one-hot target.
class OneHotIoU final : public IoU {
 public:
  explicit OneHotIoU(const OneHotIoUOptions& options);
  [[nodiscard]] std::string class_name() const override { return "OneHotIoU"; }
  [[nodiscard]] Json config() const override;
};

struct OneHotMeanIoUOptions {
  std::string name = "one_hot_mean_io_u";
  std::int64_t num_classes = 2;
  std::optional<std::int64_t> ignore_class = std::nullopt;
  bool sparse_y_pred = false;
};
/// MeanIoU of a one-hot target.
class OneHotMeanIoU final : public IoU {
 public:
  explicit OneHotMeanIoU(const OneHotMeanIoUOptions& options);
  [[nodiscard]] std::string class_name() const override { return "OneHotMeanIoU"; }
  [[nodiscard]] Json config() const override;
};

}  // namespace carnyx::metrics
