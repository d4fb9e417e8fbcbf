#include "carnyx/losses/loss.h"

#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

Value row_values(Value per_row) {
  return per_row.shape().rank() == 1 ? per_row : mean_per_row(per_row);
}

}  // namespace

Value mean_per_row(Value x) {
  const std::int64_t batch = x.shape()[0];
  const std::int64_t per_row = batch == 0 ? 1 : x.shape().elements() / batch;
  const Value flat = ops::reshape(x, {batch, per_row});
  return ops::reshape(ops::mean_features(flat), {batch});
}

Value Loss::build(GraphBuilder& builder, Value target, Value output) const {
  return ops::sum_valid(row_values(per_row(builder, target, output)));
}

Value Loss::build_weighted(GraphBuilder& builder, Value target, Value output, Value weight) const {
  const Value rows = row_values(per_row(builder, target, output));
  return ops::sum_valid(ops::multiply(rows, weight));
}

}  // namespace carnyx
