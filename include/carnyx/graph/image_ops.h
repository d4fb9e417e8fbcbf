// The operations of convolutional networks. Each has a gradient. Images are [B, H, W, C]; throw
// InvalidArgument if shapes disagree or a window does not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "carnyx/graph/graph.h"
#include "carnyx/kernels/image_change.h"
#include "carnyx/kernels/window.h"

namespace carnyx::ops {

using kernels::Pair;
using kernels::Window;

/// The window with the padding that Keras calls "same": ceil(extent / stride) places, the odd
/// element of padding below and right. `image`: H and W.
Window with_same_padding(Window window, Pair image);

/// y[b, i, j, n] = sum over taps and channels of x * kernel. Shapes: x [B, H, W, C]; kernel [KH,
/// KW, C / groups, N], KH and KW being the window's size; y [B, I, J, N]. Channels are in `groups`
/// equal parts, each of which makes N / groups of the results; groups = C is a depthwise
/// convolution.
Value conv2d(Value x, Value kernel, const Window& window, std::int64_t groups = 1);

/// The images of shape [B, image..., C] whose conv2d with the kernel [KH, KW, C / groups, N] has
/// the shape of x [B, I, J, N], each the sum of what that takes from it: conv2d's gradient as an
/// op.
Value conv2d_transpose(
    Value x, Value kernel, const Window& window, Pair image, std::int64_t groups = 1);

/// The largest of each window, channel by channel; padding never is. The gradient goes to the first
/// of equal ones.
Value max_pool2d(Value x, const Window& window);
/// The mean of each window, channel by channel, over what lies in the image.
Value average_pool2d(Value x, const Window& window);
/// Each pixel `times` times along height and width.
Value repeat_pixels(Value x, Pair times);

struct BatchNorm {
  Value y;
  Value mean, variance;  ///< [C], float32 at least; biased; no gradient flows through them
};
/// (x - mean) / sqrt(variance + epsilon) * gamma + beta over all axes but the last, of the rows
/// below valid_rows. Shapes: x [B, ..., C]; gamma, beta [C], or none.
BatchNorm batch_norm(Value x,
                     std::optional<Value> gamma,
                     std::optional<Value> beta,
                     double epsilon);

/// Axis i of the result is axis `permutation[i]` of x.
Value transpose(Value x, std::vector<std::int64_t> permutation);
/// x[begin[0] : begin[0] + extents[0], ...].
Value slice(Value x, std::vector<std::int64_t> begin, const Shape& extents);
/// `number` around x: before[i] and after[i] times along axis i.
Value pad(Value x,
          std::vector<std::int64_t> before,
          std::vector<std::int64_t> after,
          double number = 0);
/// One behind the other along `axis`, which may be negative; all other extents agree.
Value concatenate(std::span<const Value> values, std::int64_t axis);

/// Each image changed by draws of its own, other ones in every step: a window, mirrored, with a
/// hole. Its gradient flows to the pixels that the result has.
/// Shapes: x [B, height, width, channels] as the change says; the result has its new_height and
/// new_width. Throws InvalidArgument for other shapes, and for a change with contrast, brightness
/// or standardising, which are for a data set's own augmentation.
Value augment(Value x, const kernels::ImageChange& change, std::uint32_t stream);

}  // namespace carnyx::ops
