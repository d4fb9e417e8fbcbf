#include "carnyx/losses/loss.h"

#include "carnyx/graph/ops.h"
#include "carnyx/losses/targets.h"

namespace carnyx {
Value Loss::build(GraphBuilder& builder, Value target, Value output) const {
  return ops::sum_valid(mean_per_row(per_row(builder, target, output)));
}

Value Loss::build_weighted(GraphBuilder& builder, Value target, Value output, Value weight) const {
  const Value rows = mean_per_row(per_row(builder, target, output));
  return ops::sum_valid(ops::multiply(rows, weight));
}

}  // namespace carnyx
