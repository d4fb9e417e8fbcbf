// What a folder holds, in an order that does not depend on the file system.
#pragma once

#include <string>
#include <vector>

namespace carnyx {

struct FolderContent {
  std::vector<std::string> files;    ///< names, sorted
  std::vector<std::string> folders;  ///< likewise
};

/// Names that begin with '.' or '_' are left out, as Spark and Hadoop do. Throws NotFound if there
/// is no such folder, or IoError.
FolderContent content_of(const std::string& folder);

bool is_folder(const std::string& path);
bool is_file(const std::string& path);

}  // namespace carnyx
