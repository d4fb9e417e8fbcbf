#include "data/part_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

/// Opens and locks `path`, of which it returns the descriptor.
int open_locked(const std::string& path) {
  while (true) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0) throw io_error("write", path, errno);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      ::close(descriptor);
      if (error != EWOULDBLOCK) throw io_error("lock", path, error);
      throw Unavailable(format("{}: another fetch is at work on it; wait for it to end", path));
    }
    struct stat opened {};
    struct stat named {};
    const bool is_same = ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
                         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
    if (is_same) return descriptor;
    ::close(descriptor);  // its former owner gave it its final name between our open and our lock
  }
}

}  // namespace

PartFile::PartFile(std::string path)
    : path_(std::move(path)), part_(path_ + ".part"), descriptor_(open_locked(part_)) {
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0) size_ = status.st_size;
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  if (size_ == 0) ::unlink(part_.c_str());  // nothing to go on from
  ::close(descriptor_);
}

void PartFile::append(std::span<const char> bytes) {
  failpoint("fetch.write");
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw io_error("write", part_, errno);
    size_ += written;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void PartFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) throw io_error("shorten", part_, errno);
  size_ = 0;
}

void PartFile::commit() {
  failpoint("fetch.sync");
  if (::fsync(descriptor_) != 0) throw io_error("sync", part_, errno);
  rename_durably(part_, path_);
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace carnyx
