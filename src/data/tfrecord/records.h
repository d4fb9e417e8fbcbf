// The frame of a TFRecord file: u64 length, u32 its masked CRC-32C, the record, u32 its masked
// CRC-32C; all little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carnyx {

/// Where a record lies in its file, and where its frame began.
struct Record {
  std::span<const std::byte> bytes;
  std::uint64_t offset = 0;
};

/// The records of a file, in its order; lengths are checked, contents not yet. `first_byte`: where
/// `file` begins, if it is a part of one. Throws CorruptData naming the file and the byte.
std::vector<Record> find_records(std::string_view file,
                                 const std::string& name,
                                 std::uint64_t first_byte = 0);

/// What a record takes in its file beside its content, and the first bytes of it that say how long
/// the content is.
inline constexpr std::uint64_t kRecordHeadBytes = 12;
inline constexpr std::uint64_t kRecordTailBytes = 4;
/// The content's length by a record's head. Throws CorruptData unless its checksum is right.
std::uint64_t record_length(std::string_view head, const std::string& name, std::uint64_t byte);

/// Throws CorruptData unless the record's checksum is right.
void check_record(const Record& record, const std::string& name);

/// Whether a file begins with a record's length and its checksum.
bool looks_like_records(std::string_view file);

/// `content` with its frame.
std::string framed(std::string_view content);

}  // namespace carnyx
