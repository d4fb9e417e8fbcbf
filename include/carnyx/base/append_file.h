#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carnyx {

/// A file that grows line by line and is readable meanwhile: a log, not a result. Each append is in
/// the file when it returns, so a killed process loses nothing; sync() guards against power cuts.
class AppendFile final {
 public:
  /// Opens or creates `path`, with the folders above it. Throws IoError.
  explicit AppendFile(std::string path);
  ~AppendFile();
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&&) = delete;

  /// Throws IoError; the file may then end in a part of `bytes`. Point of failure: append.write.
  void append(std::string_view bytes);
  /// Cuts what lies beyond `size_bytes`; a shorter file stays as it is. Throws IoError.
  void truncate(std::uint64_t size_bytes);
  void sync();
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace carnyx
