#include "carnyx/base/mapped_file.h"

#include <cerrno>
#include <utility>

#include <sys/mman.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"

#include "base/descriptor.h"

namespace carnyx {
MappedFile::MappedFile(const std::string& path) {
  const Descriptor file = open_for_reading(path);  // the mapping stays when it goes
  const struct stat status = status_of(file, path);
  if (!S_ISREG(status.st_mode)) {
    throw CorruptData(path + ": expected a regular file, found a device or a pipe");
  }
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

}  // namespace carnyx
