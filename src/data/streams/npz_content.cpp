#include "data/streams/npz_content.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/npz_archive.h"

namespace carnyx {
namespace {

class NpzContent final : public ShardContent {
 public:
  NpzContent(const std::string& path, const std::string& member)
      : file_(path),
        name_(format("{}: {}", path, member)),
        archive_(open_archive(path)),
        index_(find_member(*archive_, path, member)),
        size_(checked_size(*archive_, index_, name_, file_.stamp().size)) {
    reopen();
  }

  std::size_t read_some(std::uint64_t at, std::span<std::byte> out) override {
    go_to(at);
    std::size_t filled = 0;
    while (filled < out.size()) {
      const zip_int64_t got = zip_fread(member_.get(), out.data() + filled, out.size() - filled);
      if (got < 0) fail();
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    offset_ += filled;
    return filled;
  }
  [[nodiscard]] bool is_packed() const override { return !size_.is_stored; }
  void require(const FileStamp& stamp) override { file_.require(stamp); }
  [[nodiscard]] FileStamp stamp() override { return file_.stamp(); }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  void reopen() {
    member_.reset(zip_fopen_index(archive_.get(), index_, 0));
    if (member_ == nullptr) {
      throw CorruptData(format("{}: cannot be unpacked: {}", name_, zip_strerror(archive_.get())));
    }
    offset_ = 0;
  }

  void go_to(std::uint64_t at) {
    if (at == offset_) return;
    if (size_.is_stored) {
      at = std::min(at, size_.bytes);
      if (zip_fseek(member_.get(), static_cast<zip_int64_t>(at), SEEK_SET) != 0) fail();
      offset_ = at;
      return;
    }
    if (at < offset_) reopen();
    std::vector<std::byte> skipped(std::min<std::uint64_t>(at - offset_, kSkipBytes));
    while (offset_ < at) {
      const std::uint64_t wanted = std::min<std::uint64_t>(at - offset_, skipped.size());
      const zip_int64_t got = zip_fread(member_.get(), skipped.data(), wanted);
      if (got < 0) fail();
      if (got == 0) return;
      offset_ += static_cast<std::uint64_t>(got);
    }
  }

  [[noreturn]] void fail() {
    throw CorruptData(
        format("{}: at byte {}: {}", name_, offset_, zip_file_strerror(member_.get())));
  }

  static constexpr std::uint64_t kSkipBytes = 64 << 10;

  ShardFile file_;
  std::string name_;
  Archive archive_;
  zip_uint64_t index_;
  MemberSize size_;
  Member member_;
  std::uint64_t offset_ = 0;
};

}  // namespace

std::unique_ptr<ShardContent> open_npz_member(const std::string& path, const std::string& member) {
  return std::make_unique<NpzContent>(path, member);
}

}  // namespace carnyx
