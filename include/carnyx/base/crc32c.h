// CRC-32C (Castagnoli), which TensorFlow's record files and checkpoints check themselves with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace carnyx {

std::uint32_t crc32c(std::span<const std::byte> bytes);

/// As record files store it: rotated and shifted, so that a checksum of checksums is no problem.
/// Source: TensorFlow, core/lib/hash/crc32c.h.
std::uint32_t masked_crc32c(std::span<const std::byte> bytes);

/// The way without the processor's instruction; the tests compare both.
std::uint32_t crc32c_by_tables(std::span<const std::byte> bytes);

}  // namespace carnyx
