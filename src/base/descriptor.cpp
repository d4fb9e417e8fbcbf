#include "base/descriptor.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"

namespace carnyx {

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

Descriptor open_for_reading(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) throw NotFound(path + ": no such file; check the path");
  if (file.get() < 0) throw io_error("open", path, errno);
  if (S_ISDIR(status_of(file, path).st_mode)) {
    throw CorruptData(path + ": expected a file, found a folder; name a file");
  }
  return file;
}

struct stat status_of(const Descriptor& file, const std::string& path) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) throw io_error("look at", path, errno);
  return status;
}

std::size_t read_some(const Descriptor& file,
                      char* out,
                      std::size_t size,
                      const std::string& path) {
  if (const int error = failpoint_error("files.read")) throw io_error("read", path, error);
  while (true) {
    const ssize_t count = ::read(file.get(), out, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw io_error("read", path, errno);
  }
}

}  // namespace carnyx
