// Protocol buffers on the wire, as far as tf.Example needs them: varints and what has a length.
// Source: protobuf's encoding page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carnyx {

/// Fields of one message, front to back. No field is copied; nested messages are read by another
/// WireReader over their bytes. Throws CorruptData with what `where` and the offset say.
class WireReader {
 public:
  WireReader(std::string_view message, const std::string& where)
      : begin_(message.data()), at_(begin_), end_(begin_ + message.size()), where_(where) {}

  struct Field {
    std::uint32_t number = 0;
    std::uint32_t type = 0;  ///< 0 varint, 1 eight bytes, 2 with a length, 5 four bytes
  };

  [[nodiscard]] bool at_end() const { return at_ == end_; }
  /// The next field's number and type; its value has to be taken next.
  Field field();
  std::uint64_t varint() {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
      return static_cast<unsigned char>(*at_++);
    }
    return long_varint();
  }
  std::string_view bytes();
  float float32();
  void skip(const Field& field);
  [[noreturn]] void fail(std::string_view problem) const;

 private:
  std::uint64_t long_varint();
  std::string_view take(std::uint64_t size);

  const char* begin_;
  const char* at_;
  const char* end_;
  const std::string& where_;
};

/// Adds a field to a message: its number, and a varint or bytes with their length.
void put_varint(std::string& out, std::uint64_t value);
void put_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes);

}  // namespace carnyx
