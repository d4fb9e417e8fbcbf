// Bytes from outside, read from front to back: as they are, or unpacked on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace carnyx {

/// The longest file that is read into memory.
inline constexpr std::uint64_t kMostFileBytes = std::uint64_t{4} << 30;

/// The most that a packed file may unpack to where no header says how much it holds: a megabyte of
/// deflate can ask for a gigabyte.
inline constexpr std::uint64_t kMostUnpackedBytes = std::uint64_t{1} << 30;

/// The bytes of `path`, of at most kMostFileBytes. Throws NotFound, CorruptData or IoError.
std::string read_data_file(const std::string& path);

/// Every failure is a CorruptData that names the source and the offset.
class ByteReader {
 public:
  virtual ~ByteReader() = default;

  /// Fills `out`; throws if the bytes end before.
  virtual void read(std::span<std::byte> out) = 0;
  /// Fills `out` as far as there are bytes; the count is smaller only at their end.
  virtual std::size_t read_some(std::span<std::byte> out) = 0;
  /// An upper bound of what is still to come: what declares more is corrupt and not allocated.
  [[nodiscard]] virtual std::uint64_t most_left() const = 0;
  /// Throws if anything follows.
  virtual void expect_end() = 0;
  /// Bytes read so far.
  [[nodiscard]] virtual std::uint64_t offset() const = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
};

/// Reads the bytes of a file, which it borrows: through gzip if they begin as gzip does.
std::unique_ptr<ByteReader> open_bytes(std::span<const std::byte> file, std::string name);

/// Reads borrowed bytes as they are.
std::unique_ptr<ByteReader> open_plain(std::span<const std::byte> bytes, std::string name);

/// Reads borrowed bytes through gzip.
std::unique_ptr<ByteReader> open_gzip(std::span<const std::byte> packed, std::string name);

/// All bytes that are left; throws if they are more than `most_bytes`.
std::string read_all(ByteReader& reader, std::uint64_t most_bytes);

}  // namespace carnyx
