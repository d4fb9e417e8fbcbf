#pragma once

#include <cstdint>
#include <string>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// Whether a file begins as PNG and JPEG files do. Throws IoError.
bool is_image_file(const std::string& path);

/// The pixels of a PNG or JPEG file, uint8: [1, height, width] of a grey one, [1, height, width, 3]
/// of one with colours, or of any with `channels` 3. Throws IoError, or CorruptData naming the file
/// if it is damaged.
Tensor read_image_file(const std::string& path, std::int64_t channels = 0);

}  // namespace carnyx
