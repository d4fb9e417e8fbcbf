#include "carnyx/data/idx.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/idx_header.h"

namespace carnyx {
namespace {

constexpr int kUnsignedByte = 0x08;
constexpr int kMostIdxAxes = 8;
static_assert(4 + 4 * kMostIdxAxes == kMostIdxHeaderBytes);

std::string_view type_name(int type) {
  switch (type) {
    case 0x09:
      return "int8";
    case 0x0B:
      return "int16";
    case 0x0C:
      return "int32";
    case 0x0D:
      return "float32";
    case 0x0E:
      return "float64";
    default:
      return "unknown";
  }
}

/// Reads the magic number: two zeros, the type, the number of axes.
int read_rank(ByteReader& reader) {
  std::array<std::byte, 4> magic{};
  reader.read(magic);
  const int type = std::to_integer<int>(magic[2]);
  const int rank = std::to_integer<int>(magic[3]);
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0}) {
    throw CorruptData(
        format("{}: at byte 0: expected an IDX file, which begins with two zeros, found "
               "{} and {}",
               reader.name(),
               std::to_integer<int>(magic[0]),
               std::to_integer<int>(magic[1])));
  }
  if (type != kUnsignedByte) {
    throw CorruptData(format("{}: at byte 2: expected the IDX type 8 (uint8), found {} ({})",
                             reader.name(),
                             type,
                             type_name(type)));
  }
  if (rank < 1 || rank > kMostIdxAxes) {
    throw CorruptData(format(
        "{}: at byte 3: expected 1 to {} axes, found {}", reader.name(), kMostIdxAxes, rank));
  }
  return rank;
}

/// Throws if the bytes that `shape` declares can't all be in the file.
void check_fits(const Shape& shape, const ByteReader& reader) {
  const std::uint64_t most = reader.most_left();
  std::uint64_t declared = 1;
  for (const std::int64_t axis : shape) {
    const auto extent = static_cast<std::uint64_t>(axis);  // below 2^32
    if (extent > 0 && declared > most / extent) {
      throw CorruptData(
          format("{}: at byte 4: the shape {} declares more data than the file has room "
                 "for, {} bytes",
                 reader.name(),
                 shape.to_string(),
                 most));
    }
    declared *= extent;
  }
}

}  // namespace

Shape read_idx_shape(ByteReader& reader) {
  std::vector<std::int64_t> axes(static_cast<std::size_t>(read_rank(reader)));
  for (std::int64_t& axis : axes) {
    std::array<std::byte, 4> bytes{};  // big-endian
    reader.read(bytes);
    for (const std::byte byte : bytes) axis = axis << 8 | std::to_integer<std::int64_t>(byte);
  }
  return Shape(std::move(axes));
}

Tensor decode_idx(std::span<const std::byte> file, const std::string& name) {
  const std::unique_ptr<ByteReader> reader = open_bytes(file, name);
  Shape shape = read_idx_shape(*reader);
  check_fits(shape, *reader);
  Tensor tensor(DType::Uint8, std::move(shape));
  reader->read(std::as_writable_bytes(tensor.data<std::uint8_t>()));
  reader->expect_end();
  return tensor;
}

Tensor read_idx(const std::string& path) {
  const std::string file = read_data_file(path);
  return decode_idx(std::as_bytes(std::span(file)), path);
}

}  // namespace carnyx
