#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace carnyx {

/// A file that is still being fetched: PATH.part, locked against a second fetch, kept when its
/// owner dies so that the next one can go on.
class PartFile final {
 public:
  /// Opens or creates the part of `path`. Throws Unavailable if another fetch holds it, or IoError.
  explicit PartFile(std::string path);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// The name under which its bytes can be read.
  [[nodiscard]] const std::string& path() const { return part_; }
  [[nodiscard]] std::int64_t size() const { return size_; }
  void append(std::span<const char> bytes);
  /// Forgets all bytes.
  void clear();
  /// Makes the bytes durable and gives them their final name. The last call.
  /// Points of failure: fetch.write, fetch.sync, and those of rename_durably.
  void commit();

 private:
  std::string path_;
  std::string part_;
  std::int64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace carnyx
