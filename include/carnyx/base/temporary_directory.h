#pragma once

#include <string>
#include <string_view>

namespace carnyx {

/// A new empty folder under TMPDIR, removed with all in it when this dies.
class TemporaryDirectory final {
 public:
  /// Throws IoError.
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// The path of `name` inside it.
  std::string operator/(std::string_view name) const;

 private:
  std::string path_;
};

}  // namespace carnyx
