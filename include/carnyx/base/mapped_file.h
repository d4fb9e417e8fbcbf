// Large files as memory that costs nothing until it is looked at.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace carnyx {

/// A file's bytes, read by the system as they are looked at. Another program that cuts the file
/// while it is mapped ends this one (SIGBUS), as with every mapped file.
class MappedFile final {
 public:
  /// Throws NotFound, CorruptData if it is no regular file, or IoError.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::string_view text() const { return {data_, size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(data_, size_));
  }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace carnyx
