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
  /// Throws NotFound or IoError.
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

/// The content of a file: mapped, or unpacked in memory if it begins as gzip does.
class FileContent final {
 public:
  /// Throws NotFound, IoError, or CorruptData if the gzip stream is damaged.
  explicit FileContent(const std::string& path);

  [[nodiscard]] std::string_view text() const { return is_packed_ ? unpacked_ : file_.text(); }

 private:
  MappedFile file_;
  bool is_packed_ = false;
  std::string unpacked_;
};

}  // namespace carnyx
