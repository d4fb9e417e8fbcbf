// Source: the description beside the data set, https://www.cs.toronto.edu/~kriz/cifar.html.
#include "data/cifar/cifar_records.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/labelled.h"
#include "data/parallel.h"

namespace carnyx {
namespace {

constexpr std::int64_t kRecordsAtOnce = 512;  // of one piece of parallel work

/// Consecutive records and where their images and labels go.
struct Piece {
  const CifarRecords* batch;
  std::uint64_t first;  // in its batch
  std::uint64_t end;
  std::uint64_t to;  // in the part
};

std::vector<Piece> cut(std::span<const CifarRecords> batches) {
  std::vector<Piece> pieces;
  std::uint64_t to = 0;
  for (const CifarRecords& batch : batches) {
    const auto count =
        static_cast<std::uint64_t>(cifar_record_count(batch.bytes.size(), batch.name));
    for (std::uint64_t first = 0; first < count; first += kRecordsAtOnce) {
      const std::uint64_t end = std::min<std::uint64_t>(first + kRecordsAtOnce, count);
      pieces.push_back({&batch, first, end, to});
      to += end - first;
    }
  }
  return pieces;
}

void decode(const Piece& piece, std::span<std::uint8_t> images, std::span<std::int64_t> labels) {
  for (std::uint64_t i = piece.first; i < piece.end; ++i) {
    const auto record = piece.batch->bytes.subspan(i * kCifarRecordBytes, kCifarRecordBytes);
    const auto label = std::to_integer<std::int64_t>(record[0]);
    if (label >= std::ssize(kCifarClasses)) {
      throw CorruptData(format("{}: at byte {}: expected a label below {}, found {}",
                               piece.batch->name,
                               piece.batch->first_byte + i * kCifarRecordBytes,
                               kCifarClasses.size(),
                               label));
    }
    const std::uint64_t to = piece.to + (i - piece.first);
    labels[to] = label;
    put_channels_last(record.subspan(1), images.subspan(to * kCifarImageBytes, kCifarImageBytes));
  }
}

}  // namespace

std::int64_t cifar_record_count(std::uint64_t size_bytes, const std::string& name) {
  if (size_bytes > 0 && size_bytes % kCifarRecordBytes == 0) {
    return static_cast<std::int64_t>(size_bytes / kCifarRecordBytes);
  }
  if (size_bytes > 0 && size_bytes % kCifar100RecordBytes == 0) {
    throw CorruptData(
        format("{}: {} bytes are records of CIFAR-100, which have {} bytes and two labels each; "
               "expected those of CIFAR-10 with {}; fetch it with carnyx data fetch cifar10",
               name,
               size_bytes,
               kCifar100RecordBytes,
               kCifarRecordBytes));
  }
  throw CorruptData(format("{}: at byte {}: expected whole records of {} bytes, found {} bytes",
                           name,
                           size_bytes - size_bytes % kCifarRecordBytes,
                           kCifarRecordBytes,
                           size_bytes % kCifarRecordBytes));
}

void put_channels_last(std::span<const std::byte> planes, std::span<std::uint8_t> image) {
  const std::byte* const red = planes.data();
  const std::byte* const green = red + kCifarPixels;
  const std::byte* const blue = green + kCifarPixels;
  std::uint8_t* to = image.data();
  for (std::int64_t p = 0; p < kCifarPixels; ++p, to += kCifarChannels) {
    to[0] = std::to_integer<std::uint8_t>(red[p]);
    to[1] = std::to_integer<std::uint8_t>(green[p]);
    to[2] = std::to_integer<std::uint8_t>(blue[p]);
  }
}

void put_planes(std::span<const std::uint8_t> image, std::span<std::byte> planes) {
  for (std::size_t i = 0; i < kCifarImageBytes; ++i) {
    planes[i % kCifarChannels * kCifarPixels + i / kCifarChannels] = std::byte{image[i]};
  }
}

Dataset decode_cifar_records(std::span<const CifarRecords> batches, const std::string& name) {
  const std::vector<Piece> pieces = cut(batches);
  std::int64_t count = 0;
  for (const Piece& piece : pieces) count += static_cast<std::int64_t>(piece.end - piece.first);
  Tensor images(DType::Uint8, {count, kCifarSide, kCifarSide, kCifarChannels});
  Tensor labels(DType::Int64, {count});
  for_each_piece(std::ssize(pieces), [&](std::int64_t i) {
    decode(pieces[static_cast<std::size_t>(i)],
           images.data<std::uint8_t>(),
           labels.data<std::int64_t>());
  });
  return labelled(std::move(images), labels, {name, name}, {.classes = kCifarClasses.size()});
}

}  // namespace carnyx
