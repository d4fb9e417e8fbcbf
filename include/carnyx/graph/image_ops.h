// Ops on images, [B, height, width, channels].
#pragma once

#include <cstdint>

#include "carnyx/graph/graph.h"
#include "carnyx/kernels/image_change.h"

namespace carnyx::ops {

/// Each image changed by draws of its own, other ones in every step: a window, mirrored, with a
/// hole. Its gradient flows to the pixels that the result has.
/// Shapes: x [B, height, width, channels] as the change says; the result has its new_height and
/// new_width. Throws InvalidArgument for other shapes, and for a change with contrast, brightness
/// or standardising, which are for a data set's own augmentation.
Value augment(Value x, const kernels::ImageChange& change, std::uint32_t stream);

}  // namespace carnyx::ops
