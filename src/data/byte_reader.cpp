#include "data/byte_reader.h"

#include <algorithm>
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
  std::size_t read_some(std::span<std::byte> out) override {
    const std::size_t count = std::min<std::size_t>(out.size(), most_left());
    read(out.first(count));
    return count;
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

std::string read_all(ByteReader& reader, std::uint64_t most_bytes) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::string bytes;
  while (true) {
    const std::size_t size = bytes.size();
    bytes.resize(size + kPiece);
    const std::size_t count =
        reader.read_some(std::as_writable_bytes(std::span(bytes)).subspan(size));
    bytes.resize(size + count);
    if (bytes.size() > most_bytes) {
      throw CorruptData(
          format("{}: expected at most {} unpacked bytes, and there are more; unpack it with "
                 "gunzip if it is right",
                 reader.name(),
                 most_bytes));
    }
    if (count < kPiece) break;
  }
  reader.expect_end();
  return bytes;
}

}  // namespace carnyx
