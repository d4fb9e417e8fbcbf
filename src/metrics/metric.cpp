#include "carnyx/metrics/metric.h"

#include "carnyx/graph/ops.h"
#include "carnyx/losses/targets.h"

namespace carnyx {
namespace {

/// Zero rows come to 0, as Keras has it.
double ratio(double sum, double count) {
  return count == 0 ? 0 : sum / count;
}

/// Matches at several positions are labels' dtype, of which there are no means.
Value row_scores(Value scores) {
  const bool mean = scores.shape().rank() > 1 && !is_floating(scores.dtype());
  return mean_per_row(mean ? ops::convert(scores, DType::Float32) : scores);
}

}  // namespace

Json Metric::to_json() const {
  return Json::object({{"module", "keras.metrics"},
                       {"class_name", class_name()},
                       {"config", config()},
                       {"registered_name", Json()}});
}

std::vector<Value> MeanMetric::build(GraphBuilder& builder, const MetricInputs& inputs) const {
  const Value rows = row_scores(per_row(builder, inputs.target, inputs.output));
  if (!inputs.weight) return {ops::sum_valid(rows)};
  return {ops::sum_valid(ops::multiply(rows, *inputs.weight)), ops::sum_valid(*inputs.weight)};
}

std::vector<double> MeanMetric::result(std::span<const double> sums, double rows) const {
  return {ratio(sums[0], sums.size() > 1 ? sums[1] : rows)};
}

}  // namespace carnyx
