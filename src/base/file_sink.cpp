// Every system call that changes the disk passes a point of failure first, so that a test can kill
// the process, or fill the disk, before each one.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "carnyx/base/ensure.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

#include "base/descriptor.h"

namespace carnyx {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;

/// Throws if the point `name` fails now.
void pass(std::string_view name, std::string_view tried, const std::string& path) {
  if (const int error = failpoint_error(name)) throw io_error(tried, path, error);
}

std::string temporary_name(const std::string& path) {
  // Two sinks of one path, from two threads, must not share a file.
  static std::atomic<unsigned> count{0};
  return format("{}.tmp-{}-{}", path, ::getpid(), count.fetch_add(1, std::memory_order_relaxed));
}

void rename_over(const std::string& from, const std::string& to) {
  pass("files.rename", "rename", to);
  if (::rename(from.c_str(), to.c_str()) != 0) throw io_error("rename " + from + " to", to, errno);
}

}  // namespace

FileSink::FileSink(std::string path) : path_(std::move(path)), temporary_(temporary_name(path_)) {
  pass("files.open", "create", path_);
  // Not through a link that someone else put there, and readable by whom the user's umask allows.
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  descriptor_ = ::open(temporary_.c_str(), kFlags, 0666);
  if (descriptor_ < 0) throw io_error("create", path_, errno);
}

FileSink::~FileSink() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void FileSink::write(std::string_view bytes) {
  CARNYX_ENSURE(descriptor_ >= 0);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t room = kBufferBytes - buffer_.size();
    buffer_ += bytes.substr(0, room);
    bytes.remove_prefix(std::min(room, bytes.size()));
    if (buffer_.size() == kBufferBytes) flush();
  }
}

void FileSink::write(std::span<const std::byte> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void FileSink::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    pass("files.write", "write", path_);
    const ssize_t count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno != EINTR) throw io_error("write", path_, errno);
    if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  }
  buffer_.clear();
}

void FileSink::close() {
  // A failed sync is final: the kernel may have dropped the pages, so a second one proves nothing.
  pass("files.sync", "sync", path_);
  if (::fsync(descriptor_) != 0) throw io_error("sync", path_, errno);
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    throw io_error("close", path_, error);
  }
}

void FileSink::commit() {
  CARNYX_ENSURE(descriptor_ >= 0);
  flush();
  close();
  try {
    rename_over(temporary_, path_);
  } catch (...) {
    ::unlink(temporary_.c_str());
    throw;
  }
  sync_directory(parent_directory(path_));
}

void write_file_atomically(const std::string& path, std::string_view bytes) {
  FileSink sink(path);
  sink.write(bytes);
  sink.commit();
}

void rename_durably(const std::string& from, const std::string& to) {
  rename_over(from, to);
  sync_directory(parent_directory(to));
  if (parent_directory(from) != parent_directory(to)) sync_directory(parent_directory(from));
}

void sync_directory(const std::string& path) {
  pass("files.sync_directory", "sync the folder", path);
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) throw io_error("open the folder", path, errno);
  // Some network file systems cannot sync a folder and say so; there is nothing more to do there.
  if (::fsync(directory.get()) != 0 && errno != EINVAL && errno != EROFS) {
    throw io_error("sync the folder", path, errno);
  }
}

}  // namespace carnyx
