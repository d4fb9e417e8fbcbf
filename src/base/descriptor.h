#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <sys/stat.h>

namespace carnyx {

/// Owns a file descriptor and closes it.
class Descriptor final {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return value_; }

 private:
  int value_;
};

/// Opens a file. Throws NotFound if there is none, CorruptData for a folder, or IoError.
Descriptor open_for_reading(const std::string& path);

/// What the system knows of an open file. `path` is for errors.
struct stat status_of(const Descriptor& file, const std::string& path);

/// Reads up to `size` bytes and returns how many came; 0 at the end. `path` is for errors.
std::size_t read_some(const Descriptor& file, char* out, std::size_t size, const std::string& path);

}  // namespace carnyx
