#include "carnyx/losses/overlap.h"

#include <algorithm>

#include "carnyx/losses/targets.h"

#include "losses/option_fields.h"
#include "losses/pieces.h"

namespace carnyx {
namespace {

/// Over the axes given, of valid rows; the axes stay as 1.
class Summing {
 public:
  Summing(std::string_view loss, const OverlapAxes& axes, const Shape& shape)
      : axes_(shape.axes()) {
    if (!axes) axes_.assign(axes_.size(), 1);
    if (!axes) return;
    for (const std::int64_t axis : *axes) {
      axes_[static_cast<std::size_t>(pieces::canonical_axis(loss, axis, shape))] = 1;
    }
  }
  [[nodiscard]] Value operator()(Value x) const {
    return ops::sum_to(ops::row_mask(x), Shape(axes_));
  }

 private:
  std::vector<std::int64_t> axes_;
};

/// A number for the whole step is every row's loss.
Value for_each_row(Value loss, std::int64_t batch) {
  const std::int64_t elements = loss.shape().elements();
  if (loss.shape()[0] == batch && batch != 1) return loss;
  const Value mean = mean_per_row(ops::reshape(loss, {1, elements}));
  return ops::broadcast_to(mean, {batch});
}

}  // namespace

Json Dice::config() const {
  return loss_config("dice", options_);
}

Value Dice::per_row(GraphBuilder&, Value target, Value output) const {
  const Value t = fitted_target(class_name(), target, output);
  const Summing sum(class_name(), options_.axis, output.shape());
  const Value both = ops::scale(sum(ops::multiply(t, output)), 2);
  const Value each = ops::shift(ops::add(sum(t), sum(output)), pieces::kEpsilon);
  return for_each_row(pieces::complement(ops::divide(both, each)), output.shape()[0]);
}

Json Tversky::config() const {
  return loss_config("tversky", options_);
}

Value Tversky::per_row(GraphBuilder&, Value target, Value output) const {
  const Value t = fitted_target(class_name(), target, output);
  const Summing sum(class_name(), options_.axis, output.shape());
  const Value hits = sum(ops::multiply(t, output));
  const Value misses = sum(ops::multiply(pieces::complement(output), t));
  const Value excess = sum(ops::multiply(output, pieces::complement(t)));
  const Value wrong =
      ops::add(ops::scale(misses, options_.alpha), ops::scale(excess, options_.beta));
  const Value all = ops::shift(ops::add(hits, wrong), pieces::kEpsilon);
  return for_each_row(pieces::complement(ops::divide(hits, all)), output.shape()[0]);
}

}  // namespace carnyx
