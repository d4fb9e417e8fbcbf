#include "data/streams/shard_content.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

#include "data/byte_reader.h"
#include "data/mapped_file.h"

namespace carnyx {
namespace {

class PlainContent final : public ShardContent {
 public:
  explicit PlainContent(const std::string& path) : file_(path) {}

  std::size_t read_some(std::uint64_t at, std::span<std::byte> out) override {
    return file_.read_some(at, out);
  }
  [[nodiscard]] bool is_packed() const override { return false; }
  void require(const FileStamp& stamp) override { file_.require(stamp); }
  [[nodiscard]] FileStamp stamp() override { return file_.stamp(); }
  [[nodiscard]] const std::string& name() const override { return file_.path(); }

 private:
  ShardFile file_;
};

/// Goes forward by unpacking, and back by beginning anew.
class PackedContent final : public ShardContent {
 public:
  explicit PackedContent(const std::string& path) : file_(path), packed_(path) {}

  std::size_t read_some(std::uint64_t at, std::span<std::byte> out) override {
    if (reader_ == nullptr || reader_->offset() > at) reader_ = open_gzip(packed_.bytes(), name());
    std::vector<std::byte> skipped;
    while (reader_->offset() < at) {
      skipped.resize(std::min<std::uint64_t>(at - reader_->offset(), kSkipBytes));
      if (reader_->read_some(skipped) < skipped.size()) return 0;
    }
    const std::size_t count = reader_->read_some(out);
    if (count < out.size()) reader_->expect_end();
    return count;
  }
  [[nodiscard]] bool is_packed() const override { return true; }
  void require(const FileStamp& stamp) override { file_.require(stamp); }
  [[nodiscard]] FileStamp stamp() override { return file_.stamp(); }
  [[nodiscard]] const std::string& name() const override { return file_.path(); }

 private:
  static constexpr std::uint64_t kSkipBytes = 64 << 10;

  ShardFile file_;
  MappedFile packed_;
  std::unique_ptr<ByteReader> reader_;
};

}  // namespace

void ShardContent::read(std::uint64_t at, std::span<std::byte> out) {
  const std::size_t count = read_some(at, out);
  if (count == out.size()) return;
  throw CorruptData(format("{}: at byte {}: expected {} more bytes, found the end of the file",
                           name(),
                           at + count,
                           out.size() - count));
}

std::unique_ptr<ShardContent> open_shard(const std::string& path) {
  std::array<std::byte, 2> magic{};
  const bool is_gzip = ShardFile(path).read_some(0, magic) == 2 && magic[0] == std::byte{0x1F} &&
                       magic[1] == std::byte{0x8B};
  if (is_gzip) return std::make_unique<PackedContent>(path);
  return std::make_unique<PlainContent>(path);
}

ShardFile::ShardFile(std::string path)
    : path_(std::move(path)), descriptor_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0 && errno == ENOENT) throw NotFound(path_ + ": no such file; check the path");
  if (descriptor_ < 0) throw io_error("open", path_, errno);
}

ShardFile::~ShardFile() {
  close(descriptor_);
}

std::size_t ShardFile::read_some(std::uint64_t at, std::span<std::byte> out) const {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t count = pread(
        descriptor_, out.data() + filled, out.size() - filled, static_cast<off_t>(at + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw io_error("read", path_, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

FileStamp ShardFile::stamp() const {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) throw io_error("look at", path_, errno);
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {.size = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

void ShardFile::require(const FileStamp& stamp) const {
  const FileStamp now = this->stamp();
  if (now == stamp) return;
  throw CorruptData(
      format("{}: the file was changed while it was streamed (expected {} bytes, found {}{}); "
             "begin anew once it is complete",
             path_,
             stamp.size,
             now.size,
             now.size == stamp.size ? " written later" : ""));
}

}  // namespace carnyx
