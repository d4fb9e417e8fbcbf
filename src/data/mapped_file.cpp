#include "data/mapped_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"

#include "data/byte_reader.h"

namespace carnyx {
namespace {

/// Closes what it opened; a mapping stays when its descriptor goes.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0 && errno == ENOENT) throw NotFound(path + ": no such file; check the path");
    if (descriptor_ < 0) throw io_error("open", path, errno);
  }
  ~OpenFile() { close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const OpenFile file(path);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) throw io_error("look at", path, errno);
  if (!S_ISREG(status.st_mode))
    throw io_error("read", path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;  // nothing to map
  void* const mapped = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapped == MAP_FAILED) throw io_error("map", path, errno);
  madvise(mapped, size_, MADV_SEQUENTIAL);  // a hint: its failure changes nothing
  data_ = static_cast<const char*>(mapped);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

FileContent::FileContent(const std::string& path) : file_(path) {
  is_packed_ = file_.text().starts_with("\x1F\x8B");
  if (is_packed_) unpacked_ = read_all(*open_gzip(file_.bytes(), path), kMostFileBytes);
}

}  // namespace carnyx
