#include "carnyx/losses/targets.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

namespace carnyx {

Value fitted_target(std::string_view who, Value target, Value output) {
  const Value fitted = is_floating(target.dtype()) ? target : ops::convert(target, output.dtype());
  const bool same_count = fitted.shape().elements() == output.shape().elements();
  if (fitted.shape()[0] != output.shape()[0] || !same_count) {
    throw InvalidArgument(format("{}: target and output must have one shape, got {} and {}",
                                 who,
                                 target.shape().to_string(),
                                 output.shape().to_string()));
  }
  return ops::reshape(fitted, output.shape());
}

Value one_hot_target(std::string_view who, Value target, Value output) {
  const bool labels = target.shape().rank() == 1 && !is_floating(target.dtype());
  const bool classes = output.shape().rank() == 2 && output.shape().columns() > 1;
  return labels && classes ? ops::one_hot(target, output.shape().columns())
                           : fitted_target(who, target, output);
}

Value mean_per_row(Value x) {
  if (x.shape().rank() == 1) return x;
  const std::int64_t batch = x.shape()[0];
  const std::int64_t per_row = batch == 0 ? 1 : x.shape().elements() / batch;
  const Value flat = ops::reshape(x, {batch, per_row});
  return ops::reshape(ops::mean_features(flat), {batch});
}

}  // namespace carnyx
