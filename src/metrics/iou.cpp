#include "carnyx/metrics/iou.h"

#include <algorithm>
#include <numeric>

#include "carnyx/graph/ops.h"

#include "metrics/epsilon.h"
#include "metrics/option_fields.h"

namespace carnyx::metrics {
namespace {

using ops::BinaryKind;

std::vector<std::int64_t> all_classes(std::int64_t count) {
  std::vector<std::int64_t> classes(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  std::iota(classes.begin(), classes.end(), 0);
  return classes;
}

/// A class a position, int32 [positions], batch first.
Value classes_of(Value x, bool sparse) {
  const Value classes = sparse ? ops::convert(x, DType::Int32) : ops::argmax(x);
  return ops::reshape(classes, {classes.shape().elements()});
}

/// Classes outside [0, count) are rows of zeros.
Value one_hot(Value classes, std::int64_t count) {
  return ops::convert(ops::one_hot(classes, count), DType::Float64);
}

/// A whole number for each position: the row's weight, 0 in padding.
Value position_weights(const MetricInputs& inputs, std::int64_t positions) {
  const std::int64_t batch = inputs.output.shape()[0];
  Graph& graph = *inputs.output.graph;
  const std::int64_t per_row = batch == 0 ? 1 : positions / batch;
  Value weights = ops::row_mask(ops::fill(graph, {batch, per_row}, 1, DType::Float64));
  if (inputs.weight) {
    const Value whole = ops::convert(ops::convert(*inputs.weight, DType::Int32), DType::Float64);
    weights = ops::multiply(weights, ops::reshape(whole, {batch, 1}));
  }
  return ops::reshape(weights, {positions, 1});
}

Json erase(Json config, std::string_view key) {
  config.erase(key);
  return config;
}

}  // namespace

IoU::IoU(IoUOptions options) : options_(std::move(options)) {
  if (options_.num_classes < 1) {
    throw InvalidArgument(
        format("IoU: num_classes must be at least 1, got {}", options_.num_classes));
  }
  for (const std::int64_t id : options_.target_class_ids) {
    if (id >= 0 && id < options_.num_classes) continue;
    throw InvalidArgument(
        format("IoU: target_class_ids must be in [0, {}), got {}", options_.num_classes, id));
  }
}

Json IoU::config() const {
  return config_of(options_);
}

/// The matrix of true classes by predicted ones.
std::vector<Value> IoU::build(GraphBuilder&, const MetricInputs& inputs) const {
  const Value truth = classes_of(inputs.target, options_.sparse_y_true);
  const Value guess = classes_of(inputs.output, options_.sparse_y_pred);
  const std::int64_t positions = truth.shape().elements();
  if (guess.shape().elements() != positions) {
    throw InvalidArgument(format("{}: target and output must have as many positions, got {} and {}",
                                 class_name(),
                                 inputs.target.shape().to_string(),
                                 inputs.output.shape().to_string()));
  }
  Value weights = position_weights(inputs, positions);
  if (options_.ignore_class) {
    const Value ignored = ops::fill(
        *truth.graph, Shape{1}, static_cast<double>(*options_.ignore_class), DType::Int32);
    const Value is_ignored =
        ops::convert(ops::binary(truth, ignored, BinaryKind::Equal), DType::Float64);
    const Value kept = ops::shift(ops::scale(is_ignored, -1), 1);
    weights = ops::multiply(weights, ops::reshape(kept, {positions, 1}));
  }
  const Value weighted = ops::multiply(one_hot(truth, options_.num_classes), weights);
  return {ops::matmul(weighted, one_hot(guess, options_.num_classes), true)};
}

std::vector<double> IoU::result(std::span<const double> sums, double) const {
  const auto classes = static_cast<std::size_t>(options_.num_classes);
  double total = 0;
  double occurring = 0;
  for (const std::int64_t id : options_.target_class_ids) {
    const auto c = static_cast<std::size_t>(id);
    double united = -sums[c * classes + c];
    for (std::size_t k = 0; k < classes; ++k) {
      united += sums[c * classes + k] + sums[k * classes + c];
    }
    if (united <= 1e-9) continue;
    total += sums[c * classes + c] / (united + kEpsilon);
    ++occurring;
  }
  return {total / (occurring + kEpsilon)};
}

MeanIoU::MeanIoU(const MeanIoUOptions& options)
    : IoU({.name = options.name,
           .num_classes = options.num_classes,
           .target_class_ids = all_classes(options.num_classes),
           .ignore_class = options.ignore_class,
           .sparse_y_true = options.sparse_y_true,
           .sparse_y_pred = options.sparse_y_pred}) {}

Json MeanIoU::config() const {
  return erase(IoU::config(), "target_class_ids");
}

BinaryIoU::BinaryIoU(const BinaryIoUOptions& options)
    : IoU({.name = options.name, .num_classes = 2, .target_class_ids = options.target_class_ids}),
      threshold_(options.threshold) {}

Json BinaryIoU::config() const {
  return Json::object({{"name", name()},
                       {"target_class_ids", Json::array_of(options().target_class_ids)},
                       {"threshold", threshold_}});
}

std::vector<Value> BinaryIoU::build(GraphBuilder& builder, const MetricInputs& inputs) const {
  const Value output = inputs.output;
  const Value limit = ops::fill(*output.graph, Shape{1}, threshold_, output.dtype());
  return IoU::build(
      builder,
      {inputs.target, ops::binary(output, limit, BinaryKind::GreaterEqual), inputs.weight});
}

OneHotIoU::OneHotIoU(const OneHotIoUOptions& options)
    : IoU({.name = options.name,
           .num_classes = options.num_classes,
           .target_class_ids = options.target_class_ids,
           .ignore_class = options.ignore_class,
           .sparse_y_true = false,
           .sparse_y_pred = options.sparse_y_pred}) {}

Json OneHotIoU::config() const {
  return erase(IoU::config(), "sparse_y_true");
}

OneHotMeanIoU::OneHotMeanIoU(const OneHotMeanIoUOptions& options)
    : IoU({.name = options.name,
           .num_classes = options.num_classes,
           .target_class_ids = all_classes(options.num_classes),
           .ignore_class = options.ignore_class,
           .sparse_y_true = false,
           .sparse_y_pred = options.sparse_y_pred}) {}

Json OneHotMeanIoU::config() const {
  return erase(erase(IoU::config(), "sparse_y_true"), "target_class_ids");
}

}  // namespace carnyx::metrics
