#include "data/byte_reader.h"

#include <cstring>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

class PlainReader final : public ByteReader {
 public:
  PlainReader(std::span<const std::byte> bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)) {}

  void read(std::span<std::byte> out) override {
    if (out.size() > most_left()) {
      throw CorruptData(
          format("{}: at byte {}: expected {} more bytes, found {} and the end of the file",
                 name_,
                 offset_,
                 out.size(),
                 most_left()));
    }
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset_, out.size());
    offset_ += out.size();
  }
  [[nodiscard]] std::uint64_t most_left() const override { return bytes_.size() - offset_; }
  void expect_end() override {
    if (most_left() == 0) return;
    throw CorruptData(format("{}: at byte {}: expected the end of the file, found {} more bytes",
                             name_,
                             offset_,
                             most_left()));
  }
  [[nodiscard]] std::uint64_t offset() const override { return offset_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::span<const std::byte> bytes_;
  std::uint64_t offset_ = 0;
  std::string name_;
};

}  // namespace

std::string read_data_file(const std::string& path) {
  return read_file(path, kMostFileBytes);
}

std::unique_ptr<ByteReader> open_bytes(std::span<const std::byte> file, std::string name) {
  const bool is_gzip = file.size() >= 2 && file[0] == std::byte{0x1F} && file[1] == std::byte{0x8B};
  return is_gzip ? open_gzip(file, std::move(name)) : open_plain(file, std::move(name));
}

std::unique_ptr<ByteReader> open_plain(std::span<const std::byte> bytes, std::string name) {
  return std::make_unique<PlainReader>(bytes, std::move(name));
}

}  // namespace carnyx
