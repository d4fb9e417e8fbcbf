#include "data/files_in.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"

namespace carnyx {

FolderContent content_of(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) {
    throw NotFound(folder + ": no such folder; check the path");
  }
  if (error) throw io_error("list", folder, error.value());
  FolderContent content;
  for (const auto end = std::filesystem::directory_iterator(); entries != end;
       entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (name[0] == '.' || name[0] == '_') continue;
    (is_folder(entries->path().string()) ? content.folders : content.files).push_back(name);
  }
  if (error) throw io_error("list", folder, error.value());
  std::sort(content.files.begin(), content.files.end());
  std::sort(content.folders.begin(), content.folders.end());
  return content;
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

}  // namespace carnyx
