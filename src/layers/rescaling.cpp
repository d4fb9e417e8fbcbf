#include "carnyx/layers/rescaling.h"

#include <array>

#include "carnyx/base/error.h"
#include "carnyx/graph/ops.h"

#include "layers/layer_config.h"
#include "layers/option_values.h"

namespace carnyx {
namespace {

bool is_number(const NumberArray& array) {
  return array.shape().rank() == 0;
}

Value constant(GraphBuilder& builder, const NumberArray& array) {
  return ops::constant(builder.graph(), array.shape(), array.numbers());
}

}  // namespace

Value Rescaling::build(GraphBuilder& builder, Value x) const {
  const NumberArray& scale = options_.scale;
  const NumberArray& offset = options_.offset;
  Value y = is_number(scale) ? ops::scale(x, scale.numbers()[0])
                             : ops::multiply(x, constant(builder, scale));
  y = is_number(offset) ? ops::shift(y, offset.numbers()[0])
                        : ops::add(y, constant(builder, offset));
  if (y.shape() != x.shape()) {
    throw InvalidArgument("Rescaling: scale and offset must broadcast to " + x.shape().to_string() +
                          ", got " + scale.shape().to_string() + " and " +
                          offset.shape().to_string());
  }
  return y;
}

Json Rescaling::config() const {
  return Json::object({{"scale", json_of(options_.scale)}, {"offset", json_of(options_.offset)}});
}

std::optional<Shape> Rescaling::input_shape() const {
  return as_shape(options_.input_shape);
}

AnyLayer rescaling_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 2> kKeys = {"scale", "offset"};
  config.allow(kKeys);
  RescalingOptions options{.input_shape = config.input_shape(), .name = config.name()};
  if (const Json* scale = config.find("scale")) options.scale = number_array_from_json(*scale);
  if (const Json* offset = config.find("offset")) options.offset = number_array_from_json(*offset);
  return Rescaling(std::move(options));
}

}  // namespace carnyx
