// One process at a time: an advisory lock on a file, which the kernel takes back when the process
// is gone, however it went.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "carnyx/base/error.h"

namespace carnyx {

/// Someone else has the lock.
class LockHeld final : public Error {
 public:
  explicit LockHeld(const std::string& path, std::string holder)
      : Error(path + ": locked by " + (holder.empty() ? "another process" : holder)),
        holder_(std::move(holder)) {}
  /// "pid 1234 on HOST"; empty if it has not said so yet.
  [[nodiscard]] const std::string& holder() const { return holder_; }

 private:
  std::string holder_;
};

/// Holds an exclusive lock on a file, and in the file who holds it, for as long as it lives.
class FileLock final {
 public:
  /// Creates the file if it is not there; it goes with the lock, unless the holder is killed.
  /// Nothing if the file system has no locks.
  /// Throws LockHeld, also if it is another part of this process; IoError.
  static std::optional<FileLock> try_lock(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  std::string path_;  // empty until the lock is held
};

}  // namespace carnyx
