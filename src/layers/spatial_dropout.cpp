#include "carnyx/layers/spatial_dropout.h"

#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

#include "layers/config_fields.h"
#include "layers/images.h"
#include "layers/option_values.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, SpatialDropout2DOptions& o) {
  visit("rate", o.rate);
  visit("seed", o.seed);
  visit("data_format", o.data_format);
}

SpatialDropout2D::SpatialDropout2D(SpatialDropout2DOptions options) : options_(std::move(options)) {
  if (!(options_.rate >= 0 && options_.rate < 1)) {
    throw InvalidArgument(
        format("SpatialDropout2D: rate must be in [0, 1), got {}", options_.rate));
  }
}

Value SpatialDropout2D::build(GraphBuilder& builder, Value x) const {
  const Value image = channels_last(class_name(), x, options_.data_format);
  const std::uint32_t stream = seeded_stream(builder, options_.seed);
  if (!builder.training()) return x;
  const Shape channels{image.shape()[0], 1, 1, image.shape()[3]};
  const Value kept = ops::dropout(ops::fill(builder.graph(), channels, 1), options_.rate, stream);
  return in_layout(ops::multiply(image, kept), options_.data_format);
}

Json SpatialDropout2D::config() const {
  return config_of(options_);
}

std::optional<Shape> SpatialDropout2D::input_shape() const {
  return as_shape(options_.input_shape);
}

/// Keras 2 writes the noise shape of its Dropout, null, and not the layout.
AnyLayer spatial_dropout2d_from(const LayerConfig& config) {
  config.require_null("noise_shape");
  return SpatialDropout2D(options_from<SpatialDropout2DOptions>(config, {"noise_shape"}));
}

}  // namespace carnyx
