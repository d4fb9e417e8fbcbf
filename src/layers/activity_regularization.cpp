#include "carnyx/layers/activity_regularization.h"

#include <array>
#include <utility>

#include "layers/layer_config.h"
#include "layers/option_values.h"

namespace carnyx {

ActivityRegularization::ActivityRegularization(ActivityRegularizationOptions options)
    : options_(std::move(options)), regularizer_({.l1 = options_.l1, .l2 = options_.l2}) {}

Value ActivityRegularization::build(GraphBuilder& builder, Value x) const {
  builder.regularize(regularizer_, x);
  return x;
}

Json ActivityRegularization::config() const {
  return Json::object({{"l1", options_.l1}, {"l2", options_.l2}});
}

std::optional<Shape> ActivityRegularization::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer activity_regularization_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 2> kKeys = {"l1", "l2"};
  config.allow(kKeys);
  return ActivityRegularization({.l1 = config.number("l1", 0),
                                 .l2 = config.number("l2", 0),
                                 .input_shape = config.input_shape(),
                                 .name = config.name()});
}

}  // namespace carnyx
