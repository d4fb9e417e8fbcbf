#include "training/tensorboard/proto_writer.h"

#include <bit>

namespace carnyx::tensorboard {
namespace {

constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr unsigned kLengthDelimited = 2;

}  // namespace

void append_little_endian(std::string& out, std::uint64_t value, int size_bytes) {
  for (int i = 0; i < size_bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

void ProtoWriter::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) text_ += static_cast<char>((value & 0x7FU) | 0x80U);
  text_ += static_cast<char>(value);
}

void ProtoWriter::key(int field, unsigned wire_type) {
  varint(static_cast<std::uint64_t>(field) << 3U | wire_type);
}

ProtoWriter& ProtoWriter::integer(int field, std::int64_t value) {
  key(field, kVarint);
  varint(static_cast<std::uint64_t>(value));
  return *this;
}

ProtoWriter& ProtoWriter::number(int field, double value) {
  key(field, kFixed64);
  append_little_endian(text_, std::bit_cast<std::uint64_t>(value), 8);
  return *this;
}

ProtoWriter& ProtoWriter::bytes(int field, std::string_view value) {
  key(field, kLengthDelimited);
  varint(value.size());
  text_ += value;
  return *this;
}

ProtoWriter& ProtoWriter::packed_float(int field, float value) {
  std::string packed;
  append_little_endian(packed, std::bit_cast<std::uint32_t>(value), 4);
  return bytes(field, packed);
}

}  // namespace carnyx::tensorboard
