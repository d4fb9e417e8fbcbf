// What the layers of images share: their checks, the layout at their borders, and windows.
#pragma once

#include <cstdint>
#include <string_view>

#include "carnyx/graph/image_ops.h"
#include "carnyx/layers/image_options.h"
#include "carnyx/layers/layer.h"

namespace carnyx {

/// [B, H, W, C] of a layer's input. Throws InvalidArgument in the layer's name if it is no image.
Value channels_last(std::string_view layer, Value x, ImageLayout layout);
/// [B, H, W, C] as the layer's user wants it.
Value in_layout(Value x, ImageLayout layout);

/// Throws InvalidArgument unless low <= value <= 2^30: shapes are products of such numbers.
void check_option(std::string_view layer,
                  std::string_view option,
                  std::int64_t value,
                  std::int64_t low = 1);
void check_option(std::string_view layer,
                  std::string_view option,
                  const Size2D& value,
                  std::int64_t low = 1);
/// Throws InvalidArgument if a number of a convolution's window is out of range, or both strides
/// and dilation_rate are over 1.
void check_convolution(std::string_view layer,
                       const Size2D& kernel_size,
                       const Size2D& strides,
                       const Size2D& dilation_rate);
/// Throws InvalidArgument in the layer's name if a weight has more than 2^31 elements.
void check_weight(std::string_view layer, const Shape& shape);
/// The same of one sample of a batch.
void check_image(std::string_view layer, const Shape& batch);

/// `window` with padding for images [B, H, W, C].
ops::Window padded(ops::Window window, Padding padding, Value image);

}  // namespace carnyx
