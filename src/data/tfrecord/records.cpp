#include "data/tfrecord/records.h"

#include <cstring>

#include "carnyx/base/crc32c.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kCrcBytes = 4;
constexpr std::uint64_t kHeadBytes = kRecordHeadBytes;
static_assert(kHeadBytes == kLengthBytes + kCrcBytes && kCrcBytes == kRecordTailBytes);

template <class T>
T load(const char* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

template <class T>
std::string little_endian(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

bool looks_like_records(std::string_view file) {
  return file.size() >= kHeadBytes && load<std::uint32_t>(file.data() + kLengthBytes) ==
                                          masked_crc32c(bytes_of(file.substr(0, kLengthBytes)));
}

std::uint64_t record_length(std::string_view head, const std::string& name, std::uint64_t byte) {
  if (looks_like_records(head)) return load<std::uint64_t>(head.data());
  throw CorruptData(
      format("{}: at byte {}: expected the checksum of a record's length, found another; the file "
             "is damaged or no TFRecord file",
             name,
             byte));
}

std::vector<Record> find_records(std::string_view file,
                                 const std::string& name,
                                 std::uint64_t first_byte) {
  std::vector<Record> records;
  for (std::uint64_t at = 0; at < file.size();) {
    const std::string_view rest = file.substr(at);
    if (rest.size() < kHeadBytes) {
      throw CorruptData(format(
          "{}: at byte {}: expected a record's length, found {} bytes and the end of the file",
          name,
          first_byte + at,
          rest.size()));
    }
    const std::uint64_t length = record_length(rest, name, first_byte + at);
    const std::uint64_t left = rest.size() - kHeadBytes;
    if (left < kCrcBytes || length > left - kCrcBytes) {
      throw CorruptData(
          format("{}: at byte {}: expected a record of {} bytes and its checksum, found {} bytes "
                 "and the end of the file",
                 name,
                 first_byte + at,
                 length,
                 left));
    }
    records.push_back({bytes_of(rest.substr(kHeadBytes, length)), first_byte + at});
    at += kHeadBytes + length + kCrcBytes;
  }
  return records;
}

void check_record(const Record& record, const std::string& name) {
  const char* const end = reinterpret_cast<const char*>(record.bytes.data()) + record.bytes.size();
  if (load<std::uint32_t>(end) == masked_crc32c(record.bytes)) return;
  throw CorruptData(format(
      "{}: at byte {}: the record's checksum is wrong; the file is damaged", name, record.offset));
}

std::string framed(std::string_view content) {
  const std::string length = little_endian(static_cast<std::uint64_t>(content.size()));
  return length + little_endian(masked_crc32c(bytes_of(length))) + std::string(content) +
         little_endian(masked_crc32c(bytes_of(content)));
}

}  // namespace carnyx
