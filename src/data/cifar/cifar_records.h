// CIFAR-10's records: a label and three planes of 32 x 32, red, green, blue. Images come out with
// the channels last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/data/dataset.h"

namespace carnyx {

inline constexpr std::int64_t kCifarSide = 32;
inline constexpr std::int64_t kCifarPixels = kCifarSide * kCifarSide;
inline constexpr std::int64_t kCifarChannels = 3;
inline constexpr std::uint64_t kCifarImageBytes = kCifarPixels * kCifarChannels;
inline constexpr std::uint64_t kCifarRecordBytes = 1 + kCifarImageBytes;
/// Those of CIFAR-100 have two labels.
inline constexpr std::uint64_t kCifar100RecordBytes = 2 + kCifarImageBytes;
inline constexpr std::array<std::string_view, 10> kCifarClasses = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

/// How many records a batch of this many bytes has. Throws CorruptData, naming CIFAR-100 where the
/// size speaks for it.
std::int64_t cifar_record_count(std::uint64_t size_bytes, const std::string& name);

/// planes [3][1024] -> image [1024][3].
void put_channels_last(std::span<const std::byte> planes, std::span<std::uint8_t> image);
/// The other way round.
void put_planes(std::span<const std::uint8_t> image, std::span<std::byte> planes);

/// Some whole records, each of a file that is called `name` from byte `first_byte` on.
struct CifarRecords {
  std::span<const std::byte> bytes;
  std::string name;
  std::uint64_t first_byte = 0;
};
/// One part of all of them, in this order: x [records, 32, 32, 3] uint8, y [records] uint8, divisor
/// 255, 10 classes. Throws CorruptData for a label above 9 or records cut short.
Dataset decode_cifar_records(std::span<const CifarRecords> batches, const std::string& name);

/// The same of a batch in Python's form: a pickled dict with b"data" [images, 3072] uint8 and
/// b"labels", a list. Throws CorruptData.
Dataset decode_cifar_pickle(std::span<const std::byte> file, const std::string& name);

}  // namespace carnyx
