// What the layers that change images share.
#pragma once

#include <string>

#include "carnyx/graph/image_ops.h"
#include "carnyx/layers/layer.h"

#include "layers/layer_config.h"

namespace carnyx {

/// A change that keeps images [B, height, width, channels] as they are.
/// Throws InvalidArgument in the layer's name for other shapes.
kernels::ImageChange unchanged_images(const Shape& x, const std::string& layer);

/// Refuses an option "data_format" that is not channels_last.
void require_channels_last(const LayerConfig& config);

/// An enum's option by its name, or `otherwise`.
template <class E>
E named_option(const LayerConfig& config, std::string_view key, E otherwise) {
  if (const Json* found = config.find(key)) from_name(found->as_string(), otherwise);
  return otherwise;
}

}  // namespace carnyx
