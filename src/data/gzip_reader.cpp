#include <algorithm>
#include <limits>
#include <utility>

#include <zlib.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/byte_reader.h"

namespace carnyx {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way of asking for a gzip header

class GzipReader final : public ByteReader {
 public:
  GzipReader(std::span<const std::byte> packed, std::string name)
      : packed_(packed), name_(std::move(name)) {
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) {
      throw IoError(name_ + ": zlib found no memory to unpack with");
    }
  }
  ~GzipReader() override { inflateEnd(&stream_); }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  void read(std::span<std::byte> out) override {
    const std::size_t filled = unpack(out);
    if (filled == out.size()) return;
    throw CorruptData(
        format("{}: at byte {} of the unpacked content: expected {} more bytes, "
               "found the end",
               name_,
               offset_,
               out.size() - filled));
  }

  std::size_t read_some(std::span<std::byte> out) override { return unpack(out); }

  /// Deflate turns one byte into 1032 at most.
  [[nodiscard]] std::uint64_t most_left() const override {
    return has_ended_ ? 0 : (packed_.size() - taken() + 8) * 1032;
  }

  void expect_end() override {
    const std::uint64_t end = offset_;
    std::byte extra{};
    if (unpack({&extra, 1}) > 0) {
      throw CorruptData(
          format("{}: at byte {} of the unpacked content: expected the end, found more "
                 "bytes",
                 name_,
                 end));
    }
    if (taken() < packed_.size()) {
      throw CorruptData(
          format("{}: at byte {}: expected the end of the file after the gzip stream, "
                 "found {} more bytes",
                 name_,
                 taken(),
                 packed_.size() - taken()));
    }
  }

  [[nodiscard]] std::uint64_t offset() const override { return offset_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  /// Bytes of the file that zlib has consumed.
  [[nodiscard]] std::size_t taken() const { return given_ - stream_.avail_in; }

  /// Fills `out` as far as the stream reaches; less than all of it only at the stream's end.
  std::size_t unpack(std::span<std::byte> out) {
    std::size_t filled = 0;
    while (filled < out.size() && !has_ended_) {
      give_input();
      const std::size_t room = std::min<std::size_t>(out.size() - filled, kMostAtOnce);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t made = room - stream_.avail_out;
      filled += made;
      offset_ += made;
      has_ended_ = status == Z_STREAM_END;
      if (status != Z_OK && status != Z_STREAM_END) fail(status);
    }
    return filled;
  }

  void give_input() {
    if (stream_.avail_in > 0 || given_ == packed_.size()) return;
    const std::size_t piece = std::min<std::size_t>(packed_.size() - given_, kMostAtOnce);
    // zlib's interface lacks a const that its contract has.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed_.data() + given_));
    stream_.avail_in = static_cast<uInt>(piece);
    given_ += piece;
  }

  [[noreturn]] void fail(int status) const {
    if (status == Z_BUF_ERROR) {  // no progress possible: the input is used up
      throw CorruptData(
          format("{}: at byte {}: expected the rest of the gzip stream, found the end of "
                 "the file",
                 name_,
                 taken()));
    }
    throw CorruptData(format("{}: near byte {}: not a valid gzip stream: {}",
                             name_,
                             taken(),
                             stream_.msg == nullptr ? "unknown" : stream_.msg));
  }

  static constexpr std::size_t kMostAtOnce = std::numeric_limits<int>::max();

  std::span<const std::byte> packed_;
  std::string name_;
  z_stream stream_{};
  std::size_t given_ = 0;  // bytes of packed_ handed to zlib
  std::uint64_t offset_ = 0;
  bool has_ended_ = false;
};

}  // namespace

std::unique_ptr<ByteReader> open_gzip(std::span<const std::byte> packed, std::string name) {
  return std::make_unique<GzipReader>(packed, std::move(name));
}

}  // namespace carnyx
