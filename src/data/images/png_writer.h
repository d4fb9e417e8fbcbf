#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/images/image.h"

namespace carnyx {

/// The bytes of a PNG file of pixels [height, width, channels]. Throws IoError beginning with
/// `name`.
std::string encode_png(std::span<const std::uint8_t> pixels,
                       const ImageShape& shape,
                       const std::string& name);

}  // namespace carnyx
