#pragma once

#include <cstdint>
#include <string_view>

namespace carnyx::tensorboard {

/// CRC-32C (Castagnoli) as record files keep it: rotated and offset, so that a checksum of bytes
/// that hold checksums stays sound. Source: TensorFlow, core/lib/hash/crc32c.h.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace carnyx::tensorboard
