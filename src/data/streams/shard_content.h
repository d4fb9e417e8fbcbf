// The content of one file of a stream, read in pieces of a bounded size: never mapped as a whole,
// so that memory stays bounded, and a file that another program cuts is an error instead of a
// signal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace carnyx {

/// What tells whether a file is still the one that was looked at.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

/// **Threads**: one caller at a time.
class ShardContent {
 public:
  virtual ~ShardContent() = default;

  /// Fills `out` from byte `at` on; the count is smaller only at the content's end.
  virtual std::size_t read_some(std::uint64_t at, std::span<std::byte> out) = 0;
  /// Whether it is unpacked on the way: going back then means to begin anew.
  [[nodiscard]] virtual bool is_packed() const = 0;
  /// Throws CorruptData unless the file is as it was at `stamp`.
  virtual void require(const FileStamp& stamp) = 0;
  [[nodiscard]] virtual FileStamp stamp() = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;

  /// Fills `out` from byte `at` on; throws CorruptData if the content ends before.
  void read(std::uint64_t at, std::span<std::byte> out);
};

/// A file as it is, or through gzip if it begins as gzip does. Throws NotFound or IoError.
std::unique_ptr<ShardContent> open_shard(const std::string& path);

/// A file descriptor that is closed; and what it refers to.
class ShardFile final {
 public:
  /// Throws NotFound or IoError.
  explicit ShardFile(std::string path);
  ~ShardFile();
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;

  std::size_t read_some(std::uint64_t at, std::span<std::byte> out) const;
  [[nodiscard]] FileStamp stamp() const;
  void require(const FileStamp& stamp) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace carnyx
