#include "layers/images.h"

#include <algorithm>
#include <string>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 30;

std::string pair_text(const Size2D& pair) {
  return format("({}, {})", pair[0], pair[1]);
}

/// What no memory holds is refused before products of it overflow.
void require_elements(std::string_view layer,
                      std::string_view what,
                      const std::vector<std::int64_t>& axes) {
  constexpr std::int64_t kMostElements = std::int64_t{1} << 31;
  std::int64_t elements = 1;
  for (const std::int64_t extent : axes) {
    elements = extent <= kMostElements ? elements * extent : kMostElements + 1;
    if (elements <= kMostElements) continue;
    throw InvalidArgument(format(
        "{}: expected {} of at most 2^31 elements, got {}", layer, what, Shape(axes).to_string()));
  }
}

/// Of one sample of [batch, height, width], with its one channel.
Shape grey_shape(const Shape& shape, bool is_last) {
  return is_last ? Shape({shape[1], shape[2], 1}) : Shape({1, shape[1], shape[2]});
}

}  // namespace

Value channels_last(std::string_view layer, Value x, ImageLayout layout) {
  if (x.shape().rank() != 4) {
    const bool last = layout == ImageLayout::ChannelsLast;
    throw InvalidArgument(format("{}: expected images [batch, {}], got {}{}",
                                 layer,
                                 last ? "height, width, channels" : "channels, height, width",
                                 x.shape().to_string(),
                                 x.shape().rank() == 3
                                     ? "; grey images have a channel too: give the first layer an "
                                       "input_shape of " +
                                           grey_shape(x.shape(), last).to_string()
                                     : ""));
  }
  check_image(layer, x.shape());
  return layout == ImageLayout::ChannelsLast ? x : ops::transpose(x, {0, 2, 3, 1});
}

Value in_layout(Value x, ImageLayout layout) {
  return layout == ImageLayout::ChannelsLast ? x : ops::transpose(x, {0, 3, 1, 2});
}

void check_option(std::string_view layer,
                  std::string_view option,
                  std::int64_t value,
                  std::int64_t low) {
  if (value >= low && value <= kLargest) return;
  throw InvalidArgument(
      format("{}: {} must be at least {} and at most 2^30, got {}", layer, option, low, value));
}

void check_option(std::string_view layer,
                  std::string_view option,
                  const Size2D& value,
                  std::int64_t low) {
  for (const std::int64_t number : value) {
    if (number >= low && number <= kLargest) continue;
    throw InvalidArgument(format("{}: {} must be at least {} and at most 2^30 each, got {}",
                                 layer,
                                 option,
                                 low,
                                 pair_text(value)));
  }
}

void check_convolution(std::string_view layer,
                       const Size2D& kernel_size,
                       const Size2D& strides,
                       const Size2D& dilation_rate) {
  check_option(layer, "kernel_size", kernel_size);
  check_option(layer, "strides", strides);
  check_option(layer, "dilation_rate", dilation_rate);
  if (std::ranges::max(strides) == 1 || std::ranges::max(dilation_rate) == 1) return;
  throw InvalidArgument(
      format("{}: strides over 1 do not go with dilation_rate over 1, got strides {} and "
             "dilation_rate {}; set one of them to 1",
             layer,
             pair_text(strides),
             pair_text(dilation_rate)));
}

void check_weight(std::string_view layer, const Shape& shape) {
  require_elements(layer, "weights", shape.axes());
}

void check_image(std::string_view layer, const Shape& batch) {
  require_elements(layer, "images", {batch.begin() + 1, batch.end()});
}

ops::Window padded(ops::Window window, Padding padding, Value image) {
  if (padding == Padding::Valid) return window;
  return ops::with_same_padding(window, {image.shape()[1], image.shape()[2]});
}

}  // namespace carnyx
