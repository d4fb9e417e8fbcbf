#include "data/streams/cifar_stream.h"

#include <algorithm>
#include <utility>

#include "data/cifar/cifar_records.h"

namespace carnyx {
namespace {

class CifarStream final : public StreamSource {
 public:
  CifarStream(std::vector<std::string> paths, std::string name)
      : name_(std::move(name)), shards_(std::move(paths)) {
    for (std::size_t file = 0; file < shards_.size(); ++file) cut(file);
    number_samples(pieces_);
    for_each_chain(pieces_, [&](std::span<const StreamPiece> chain, std::size_t) {
      Reader reader(*this);
      for (const StreamPiece& piece : chain) static_cast<void>(reader.read(piece, schema()));
    });
  }

  [[nodiscard]] std::span<const StreamPiece> pieces() const override { return pieces_; }
  [[nodiscard]] StreamSchema schema() const override {
    return {.sample_shape = {kCifarSide, kCifarSide, kCifarChannels},
            .x_dtype = DType::Uint8,
            .divisor = 255,
            .classes = std::ssize(kCifarClasses)};
  }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::unique_ptr<PieceReader> open() const override {
    return std::make_unique<Reader>(*this);
  }

 private:
  class Reader final : public PieceReader {
   public:
    explicit Reader(const CifarStream& stream) : stream_(stream), text_(stream.shards_) {}
    Dataset read(const StreamPiece& piece, const StreamSchema&) override {
      const CifarRecords records{.bytes = std::as_bytes(std::span(text_.read(piece))),
                                 .name = stream_.shards_.paths()[piece.file],
                                 .first_byte = piece.begin};
      return decode_cifar_records({&records, 1}, records.name);
    }

   private:
    const CifarStream& stream_;
    PieceText text_;
  };

  void cut(std::size_t file) {
    const std::uint64_t size = shards_.stamp(file).size;
    const auto count = static_cast<std::uint64_t>(cifar_record_count(size, shards_.paths()[file]));
    constexpr std::uint64_t kAtOnce = kStreamPieceBytes / kCifarRecordBytes;
    for (std::uint64_t first = 0; first < count; first += kAtOnce) {
      const std::uint64_t end = std::min(first + kAtOnce, count);
      pieces_.push_back({.file = file,
                         .begin = first * kCifarRecordBytes,
                         .end = end * kCifarRecordBytes,
                         .samples = static_cast<std::int64_t>(end - first)});
    }
  }

  std::string name_;
  ShardSet shards_;
  std::vector<StreamPiece> pieces_;
};

}  // namespace

std::unique_ptr<StreamSource> open_cifar_batches(std::vector<std::string> paths,
                                                 const std::string& name) {
  return std::make_unique<CifarStream>(std::move(paths), name);
}

}  // namespace carnyx
