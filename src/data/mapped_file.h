#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carnyx/base/mapped_file.h"

#include "data/byte_reader.h"

namespace carnyx {

/// The content of a file: mapped, or unpacked in memory if it begins as gzip does.
class FileContent final {
 public:
  /// Throws NotFound, IoError, or CorruptData if the gzip stream is damaged or holds more than
  /// `most_unpacked` bytes.
  explicit FileContent(const std::string& path, std::uint64_t most_unpacked = kMostUnpackedBytes);

  [[nodiscard]] std::string_view text() const { return is_packed_ ? unpacked_ : file_.text(); }

 private:
  MappedFile file_;
  bool is_packed_ = false;
  std::string unpacked_;
};

}  // namespace carnyx
