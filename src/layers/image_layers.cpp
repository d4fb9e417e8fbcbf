#include "layers/image_layers.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {

kernels::ImageChange unchanged_images(const Shape& x, const std::string& layer) {
  if (x.rank() != 4) {
    throw InvalidArgument(format(
        "{}: expected images (batch, height, width, channels), got {}", layer, x.to_string()));
  }
  return {.height = x[1], .width = x[2], .channels = x[3], .new_height = x[1], .new_width = x[2]};
}

void require_channels_last(const LayerConfig& config) {
  const Json* found = config.find("data_format");
  if (found == nullptr || found->as_string() == "channels_last") return;
  throw InvalidArgument(format(
      "layer '{}': data_format must be channels_last, got {}; images have their channels last here",
      config.name(),
      found->as_string()));
}

}  // namespace carnyx
