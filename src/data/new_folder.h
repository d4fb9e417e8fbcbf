// A folder that appears whole or not at all.
#pragma once

#include <string>

namespace carnyx {

/// A folder beside the one wanted, that takes its name at commit() and else disappears.
class NewFolder final {
 public:
  /// Throws InvalidArgument if the wanted one exists and is not to be replaced, or IoError.
  NewFolder(std::string wanted, bool overwrite);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  /// Where to write until then.
  [[nodiscard]] const std::string& path() const { return path_; }
  void commit();

 private:
  std::string wanted_;
  std::string path_;
  bool is_committed_ = false;
};

}  // namespace carnyx
