#include "carnyx/base/append_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"

namespace carnyx {

AppendFile::AppendFile(std::string path) : path_(std::move(path)) {
  create_directories(parent_directory(path_));
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw io_error("open", path_, errno);
  struct stat status = {};
  if (::fstat(descriptor_, &status) != 0) {
    const int error = errno;
    ::close(descriptor_);
    throw io_error("look at", path_, error);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

void AppendFile::append(std::string_view bytes) {
  if (const int error = failpoint_error("append.write")) throw io_error("write", path_, error);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw io_error("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
}

void AppendFile::truncate(std::uint64_t size_bytes) {
  if (size_bytes >= size_) return;
  if (::ftruncate(descriptor_, static_cast<off_t>(size_bytes)) != 0) {
    throw io_error("shorten", path_, errno);
  }
  size_ = size_bytes;
}

void AppendFile::sync() {
  if (::fsync(descriptor_) != 0) throw io_error("sync", path_, errno);
}

}  // namespace carnyx
