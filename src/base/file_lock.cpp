#include "carnyx/base/file_lock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

std::string own_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return format("pid {} on {}", ::getpid(), host.data());
}

/// What the holder wrote, if it looks like it: the text reaches terminals.
std::string holder_in(int descriptor) {
  std::array<char, 300> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string_view all(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::string line(all.substr(0, all.find('\n')));
  const bool is_plain = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
  return is_plain && line.starts_with("pid ") ? line : "";
}

/// For people alone: a name that can't be written leaves the lock as good as it is.
void write_name(int descriptor) {
  const std::string name = own_name() + "\n";
  if (::ftruncate(descriptor, 0) != 0) return;
  if (::pwrite(descriptor, name.data(), name.size(), 0) < 0) return;
}

bool has_no_locks(int error) {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

int lock_now(int descriptor) {
  if (const int error = failpoint_error("file_lock.lock")) return error;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

/// Whether the open file is the one that has this name now.
bool has_name(int descriptor, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

}  // namespace

std::optional<FileLock> FileLock::try_lock(const std::string& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  while (true) {
    FileLock lock(::open(path.c_str(), kFlags, 0666));
    if (lock.descriptor_ < 0) throw io_error("open", path, errno);
    const int error = lock_now(lock.descriptor_);
    if (error == EWOULDBLOCK) throw LockHeld(path, holder_in(lock.descriptor_));
    if (has_no_locks(error)) {
      ::unlink(path.c_str());
      return std::nullopt;
    }
    if (error != 0) throw io_error("lock", path, error);
    // The last holder may have removed it after it was opened: a lock on that keeps no one out.
    if (!has_name(lock.descriptor_, path)) continue;
    write_name(lock.descriptor_);
    lock.path_ = path;
    return lock;
  }
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  if (!path_.empty() && has_name(descriptor_, path_)) ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace carnyx
