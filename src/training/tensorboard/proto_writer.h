// Protocol buffers on the wire, as far as events need them.
// Source: protobuf's encoding page; fields in the order of their numbers, defaults left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carnyx::tensorboard {

/// One message, field by field. The calls return *this, so that a message reads as one expression.
class ProtoWriter {
 public:
  /// bool, int32, int64, uint64 and enums.
  ProtoWriter& integer(int field, std::int64_t value);
  ProtoWriter& number(int field, double value);
  /// A string, bytes, or another message.
  ProtoWriter& bytes(int field, std::string_view value);
  ProtoWriter& message(int field, const ProtoWriter& value) { return bytes(field, value.text_); }
  /// The only value of a packed list of floats.
  ProtoWriter& packed_float(int field, float value);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void key(int field, unsigned wire_type);
  void varint(std::uint64_t value);

  std::string text_;
};

/// The bytes of a value, least significant first.
void append_little_endian(std::string& out, std::uint64_t value, int size_bytes);

}  // namespace carnyx::tensorboard
