#include "carnyx/base/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <sys/statvfs.h>

#include "carnyx/base/format.h"

#include "base/descriptor.h"

namespace carnyx {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10;

std::string_view remedy_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free space, or write to another place";
    case EFBIG:
      return "raise the file size limit (ulimit -f)";
    case EACCES:
    case EPERM:
      return "check its permissions or choose another place";
    case EROFS:
      return "choose a place that is not read-only";
    case EIO:
      return "the disk or the network file system fails; use another one";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case ENOENT:
      return "check the path";
    case ENOTDIR:
      return "a part of the path is a file; check the path";
    case EISDIR:
      return "this is a folder; name a file";
    case ENAMETOOLONG:
      return "use a shorter name";
    default:
      return "";
  }
}

}  // namespace

IoError io_error(std::string_view tried, std::string_view path, int error) {
  const std::string_view remedy = remedy_for(error);
  return IoError(format("{}: cannot {}: {}{}{}",
                        path,
                        tried,
                        std::generic_category().message(error),
                        remedy.empty() ? "" : "; ",
                        remedy));
}

std::string read_file(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor file = open_for_reading(path);
  const struct stat status = status_of(file, path);
  if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    throw CorruptData(
        format("{}: expected at most {} bytes, found {}", path, max_bytes, status.st_size));
  }
  std::string bytes;
  while (true) {
    const std::size_t size = bytes.size();
    bytes.resize(size + kReadBytes);
    const std::size_t count = read_some(file, bytes.data() + size, kReadBytes, path);
    bytes.resize(size + count);
    if (bytes.size() > max_bytes) {
      throw CorruptData(
          format("{}: expected at most {} bytes, and there are more", path, max_bytes));
    }
    if (count == 0) return bytes;
  }
}

void create_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw io_error("create the folder", path, error.value());
}

void remove_all(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw io_error("remove", path, error.value());
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

std::uint64_t free_bytes(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) throw io_error("ask the free space of", path, errno);
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

std::string parent_directory(std::string_view path) {
  std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace carnyx
