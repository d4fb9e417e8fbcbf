#include "carnyx/base/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "carnyx/base/files.h"

namespace carnyx {

TemporaryDirectory::TemporaryDirectory() {
  path_ = (std::filesystem::temp_directory_path() / "carnyx-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw io_error("create a folder", path_, errno);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // a folder left in TMPDIR is no reason to end the program
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::operator/(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

}  // namespace carnyx
