#include "data/tfrecord/wire.h"

#include <cstring>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {

WireReader::Field WireReader::field() {
  const std::uint64_t key = varint();
  const Field field{.number = static_cast<std::uint32_t>(key >> 3),
                    .type = static_cast<std::uint32_t>(key & 7)};
  if (key >> 32 != 0 || field.number == 0) fail("a field's number is not valid");
  return field;
}

std::uint64_t WireReader::long_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == end_) fail("the message ends inside a number");
    const auto byte = static_cast<unsigned char>(*at_++);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  fail("a number has more than 10 bytes");
}

std::string_view WireReader::take(std::uint64_t size) {
  if (size > static_cast<std::uint64_t>(end_ - at_)) {
    fail(format("a field of {} bytes leaves its message", size));
  }
  const std::string_view taken(at_, size);
  at_ += size;
  return taken;
}

std::string_view WireReader::bytes() {
  return take(varint());
}

float WireReader::float32() {
  float value = 0;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

void WireReader::skip(const Field& field) {
  switch (field.type) {
    case 0:
      varint();
      return;
    case 1:
      take(8);
      return;
    case 2:
      bytes();
      return;
    case 5:
      take(4);
      return;
    default:
      fail(format("field {} has the unknown type {}", field.number, field.type));
  }
}

void WireReader::fail(std::string_view problem) const {
  throw CorruptData(format("{}: byte {} of a message: {}", where_, at_ - begin_, problem));
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}

void put_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes) {
  put_varint(out, number << 3 | 2);
  put_varint(out, bytes.size());
  out += bytes;
}

}  // namespace carnyx
