#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carnyx {

/// A published file, known by its content: mirrors pack the same content in different ways.
struct RemoteFile {
  std::string_view name;
  bool is_gzip = false;
  std::int64_t size_bytes = 0;  ///< of the content, unpacked if it is gzip
  std::string_view sha256;      ///< of the same
};

/// The longest that the file itself can be.
std::int64_t most_bytes(const RemoteFile& file);

/// Throws CorruptData, saying what was expected and found, unless `path` holds the file's content.
void verify(const RemoteFile& file, const std::string& path);

}  // namespace carnyx
