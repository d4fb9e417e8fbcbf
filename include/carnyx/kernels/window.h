#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace carnyx::kernels {

/// Something along the height and along the width of an image.
using Pair = std::array<std::int64_t, 2>;

/// How a convolution or a pooling looks at images [B, H, W, C]: a window of `size` taps, `dilation`
/// apart, moves by `stride` over the image with `before` elements of padding above and left of it
/// and `after` below and right.
struct Window {
  Pair size = {1, 1};
  Pair stride = {1, 1};
  Pair dilation = {1, 1};
  Pair before = {0, 0};
  Pair after = {0, 0};

  /// Elements from the first tap to the last, both counted.
  [[nodiscard]] std::int64_t span(std::size_t axis) const {
    return (size[axis] - 1) * dilation[axis] + 1;
  }
  /// Places of the window along an image's axis of this extent; 0 if it does not fit.
  [[nodiscard]] std::int64_t places(std::size_t axis, std::int64_t extent) const {
    const std::int64_t room = extent + before[axis] + after[axis] - span(axis);
    return room < 0 ? 0 : room / stride[axis] + 1;
  }
  /// The element of the image under a tap; outside of it in the padding.
  [[nodiscard]] std::int64_t element(std::size_t axis, std::int64_t place, std::int64_t tap) const {
    return place * stride[axis] + tap * dilation[axis] - before[axis];
  }
  bool operator==(const Window&) const = default;
};

}  // namespace carnyx::kernels
