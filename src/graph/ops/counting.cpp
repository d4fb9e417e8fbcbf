#include "graph/ops/counting.h"

#include <algorithm>
#include <cmath>

#include "carnyx/graph/ops.h"

namespace carnyx::ops {
namespace {

/// How many come before element i: the larger ones, and equal ones on its left.
std::int64_t rank_in(std::span<const double> row, std::size_t i) {
  std::int64_t rank = 0;
  for (std::size_t j = 0; j < row.size(); ++j) {
    if (row[j] > row[i] || (row[j] == row[i] && j < i)) ++rank;
  }
  return rank;
}

}  // namespace

std::vector<ValueType> TopKMask::infer(std::span<const ValueType> inputs) const {
  require_features(name(), inputs[0].shape);
  if (k < 1) reject(name(), "k must be at least 1, got " + std::to_string(k));
  return {{inputs[0].shape, inputs[0].dtype}};
}

void TopKMask::reference(const ReferenceArguments& arguments) const {
  const auto columns = static_cast<std::size_t>(arguments.inputs[0].shape.columns());
  const auto x = arguments.inputs[0].data;
  fill_output(arguments, [&](std::size_t i) {
    const std::size_t first = i / columns * columns;
    return rank_in(x.subspan(first, columns), i - first) < k ? 1.0 : 0.0;
  });
}

Value top_k_mask(Value x, std::int64_t k) {
  return add_node<TopKMask>({x}, k);
}

std::vector<ValueType> BucketSums::infer(std::span<const ValueType> inputs) const {
  const Shape& x = inputs[0].shape;
  if (x.rank() == 0 || inputs[1].shape != x) {
    reject(name(),
           "expected x and weights of one shape with rows, got " + x.to_string() + " and " +
               inputs[1].shape.to_string());
  }
  if (!std::ranges::is_sorted(thresholds)) reject(name(), "the thresholds must ascend");
  const auto buckets = static_cast<std::int64_t>(thresholds.size()) + 1;
  return {{by_feature ? Shape{x.columns(), buckets} : Shape{buckets}, DType::Float64}};
}

void BucketSums::reference(const ReferenceArguments& arguments) const {
  const ConstArray& x = arguments.inputs[0];
  const auto sums = arguments.outputs[0].data;
  const std::int64_t rows = std::min(x.shape[0], arguments.context.valid_rows);
  const std::int64_t per_row = rows == 0 ? 0 : x.shape.elements() / x.shape[0];
  const auto columns = static_cast<std::size_t>(x.shape.columns());
  std::ranges::fill(sums, 0.0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(rows * per_row); ++i) {
    const auto above = std::ranges::lower_bound(thresholds, x.data[i]) - thresholds.begin();
    const auto bucket = std::isnan(x.data[i]) ? 0 : static_cast<std::size_t>(above);
    const std::size_t first = by_feature ? i % columns * (thresholds.size() + 1) : 0;
    sums[first + bucket] += arguments.inputs[1].data[i];
  }
}

Value bucket_sums(Value x, Value weights, std::vector<double> thresholds, bool by_feature) {
  // As float32, like the predictions: 0.1F is not above 0.1.
  for (double& threshold : thresholds) threshold = static_cast<float>(threshold);
  return add_node<BucketSums>({x, weights}, std::move(thresholds), by_feature);
}

}  // namespace carnyx::ops
