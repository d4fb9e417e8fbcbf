// Files that appear whole or not at all: written beside the target, synced, renamed over it.
// Paths are std::string here (std::filesystem::path converts): that header is slow to compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "carnyx/base/error.h"

namespace carnyx {

/// The error for a system call that failed with `error` (an errno): "PATH: cannot TRIED: reason;
/// remedy".
IoError io_error(std::string_view tried, std::string_view path, int error);

/// The whole file. Throws NotFound if there is none, CorruptData for a folder and beyond
/// `max_bytes`, or IoError. Point of failure: files.read.
std::string read_file(const std::string& path, std::uint64_t max_bytes);

/// Replaces or creates `path`; after a crash it holds the old bytes or the new ones. Throws
/// IoError.
void write_file_atomically(const std::string& path, std::string_view bytes);

/// A file written piece by piece, that appears under its name at commit(). Not committed, it leaves
/// nothing behind. Points of failure: files.open, files.write, files.sync, files.rename,
/// files.sync_directory.
class FileSink final {
 public:
  /// Opens `path`.tmp-PID-N. Throws IoError.
  explicit FileSink(std::string path);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write(std::string_view bytes);
  void write(std::span<const std::byte> bytes);
  /// Bytes written so far.
  std::uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  /// Makes the file durable under its name. Nothing may be written afterwards.
  void commit();

 private:
  void flush();
  void close();

  std::string path_;
  std::string temporary_;
  std::string buffer_;  // at most kBufferBytes
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

/// Renames a file or a folder so that the new name survives a crash. Throws IoError.
/// Points of failure: files.rename, files.sync_directory.
void rename_durably(const std::string& from, const std::string& to);

/// Makes what was created, renamed or removed in a folder survive a crash. Throws IoError.
void sync_directory(const std::string& path);

/// Creates `path` and the folders above it; one that is there is left alone. Throws IoError.
void create_directories(const std::string& path);

/// Removes a file, or a folder and all in it, if it is there. Throws IoError.
void remove_all(const std::string& path);

/// Whether anything has this name.
bool exists(const std::string& path);

/// Bytes that this user can still write to the file system of `path`. Throws IoError.
std::uint64_t free_bytes(const std::string& path);

/// The folder of `path`, "." if it names none.
std::string parent_directory(std::string_view path);

}  // namespace carnyx
