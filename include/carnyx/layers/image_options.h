// Options that the layers of images share, in Keras's words.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace carnyx {

/// Along the height and along the width of images.
using Size2D = std::array<std::int64_t, 2>;
/// Above and below, left and right of images.
using Margins2D = std::array<Size2D, 2>;

/// What a window sees beyond the image's edge: it stays inside, or sees enough to make ceil(extent
/// / stride) places, the odd element below and right.
enum class Padding { Valid, Same };
std::string_view name_of(Padding padding);  ///< "valid", "same"
void from_name(std::string_view name, Padding& padding);

/// Where an image has its channels; Keras's data_format. [B, C, H, W] is brought to [B, H, W, C] at
/// a layer's border, and back.
enum class ImageLayout { ChannelsLast, ChannelsFirst };
std::string_view name_of(ImageLayout layout);  ///< "channels_last", "channels_first"
void from_name(std::string_view name, ImageLayout& layout);

/// Between pixels: the nearest one, or a mean of the four around.
enum class Interpolation { Nearest, Bilinear };
std::string_view name_of(Interpolation interpolation);  ///< "nearest", "bilinear"
void from_name(std::string_view name, Interpolation& interpolation);

}  // namespace carnyx
