// Members of a tar archive, front to back: ustar, and what GNU tar and pax write for short names.
// Nothing is written to disk here; whoever does chooses the names itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "data/byte_reader.h"

namespace carnyx {

struct TarEntry {
  std::string name;
  std::uint64_t size_bytes = 0;
  bool is_file = false;  ///< false for folders, links and devices

  /// The last part of the name.
  [[nodiscard]] std::string base_name() const;
};

/// Every failure is a CorruptData that names the archive and the byte of its content.
/// **Threads**: one caller at a time.
class TarReader final {
 public:
  /// Borrows `bytes`, which stand at the archive's beginning.
  explicit TarReader(ByteReader& bytes) : bytes_(bytes) {}

  /// The next member, whatever was read of the one before; nothing once, at the archive's end.
  /// Throws for damage, for the names of more than 255 bytes and sizes of 8 GiB and more that need
  /// extensions, and for bytes that are no tar archive.
  std::optional<TarEntry> next();
  /// All of the member that next() returned; not for one that says more than `most_bytes`.
  std::string read(std::uint64_t most_bytes);
  /// Reads on into `out`, up to the member's end; the count is smaller only there.
  std::size_t read_some(std::span<std::byte> out);

 private:
  struct Header;

  std::optional<Header> read_header();
  void skip(std::uint64_t count);
  void expect_plain_records(std::uint64_t size_bytes);
  void expect_zeros_to_end();
  [[noreturn]] void fail(const std::string& what) const;

  ByteReader& bytes_;
  std::string name_;
  std::uint64_t left_ = 0;     // of the member
  std::uint64_t padding_ = 0;  // behind it, up to the next block
};

}  // namespace carnyx
