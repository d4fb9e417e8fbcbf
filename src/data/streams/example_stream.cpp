#include "data/streams/example_stream.h"

#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/csv/part_files.h"
#include "data/labelled.h"
#include "data/parallel.h"
#include "data/tfrecord/example_reader.h"

namespace carnyx {
namespace {

/// Reads forward through blocks, so that a short record costs no call of the system.
class HeadReader {
 public:
  explicit HeadReader(ShardContent& content) : content_(content) {}

  /// The bytes from `at` on, as many as a record's head has, fewer only at the content's end.
  std::string_view head(std::uint64_t at) {
    if (at < begin_ || at + kRecordHeadBytes > begin_ + block_.size()) {
      block_.resize(kBlockBytes);
      block_.resize(content_.read_some(at, std::as_writable_bytes(std::span(block_))));
      begin_ = at;
    }
    return std::string_view(block_).substr(at - begin_, kRecordHeadBytes);
  }

 private:
  static constexpr std::size_t kBlockBytes = 64 << 10;

  ShardContent& content_;
  std::string block_;
  std::uint64_t begin_ = 0;
};

/// Pieces of whole records by what their heads say; contents are not yet looked at.
std::vector<StreamPiece> cut_records(ShardContent& content, std::size_t file) {
  std::vector<StreamPiece> pieces;
  HeadReader heads(content);
  StreamPiece piece{.file = file};
  const auto finish = [&] {
    if (piece.samples > 0) pieces.push_back(piece);
    piece = {.file = file, .begin = piece.end, .end = piece.end, .is_chained = content.is_packed()};
  };
  while (true) {
    const std::string_view head = heads.head(piece.end);
    if (head.empty()) break;
    const std::uint64_t length =
        head.size() < kRecordHeadBytes ? 0 : record_length(head, content.name(), piece.end);
    if (head.size() < kRecordHeadBytes || length > kMostStreamedRowBytes) {
      throw CorruptData(
          format("{}: at byte {}: expected a record of at most {} bytes, found {}",
                 content.name(),
                 piece.end,
                 kMostStreamedRowBytes,
                 length > 0 ? format("one of {}", length) : "the end of the file in its head"));
    }
    piece.end += kRecordHeadBytes + length + kRecordTailBytes;
    ++piece.samples;
    if (piece.end - piece.begin >= kStreamPieceBytes) finish();
  }
  finish();
  return pieces;
}

class ExampleStream final : public StreamSource {
 public:
  explicit ExampleStream(const std::string& place) : name_(place), shards_(part_files(place)) {
    std::vector<std::vector<StreamPiece>> cuts(shards_.size());
    for_each_piece(static_cast<std::int64_t>(cuts.size()), [&](std::int64_t i) {
      const auto file = static_cast<std::size_t>(i);
      cuts[file] = cut_records(*shards_.open(file), file);
    });
    for (const auto& cut : cuts) pieces_.insert(pieces_.end(), cut.begin(), cut.end());
    if (pieces_.empty()) throw CorruptData(name_ + ": expected records, found none");
    number_samples(pieces_);
    scan();
  }

  [[nodiscard]] std::span<const StreamPiece> pieces() const override { return pieces_; }
  [[nodiscard]] StreamSchema schema() const override { return schema_; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::unique_ptr<PieceReader> open() const override {
    return std::make_unique<Reader>(*this);
  }

 private:
  class Reader final : public PieceReader {
   public:
    explicit Reader(const ExampleStream& stream) : stream_(stream), text_(stream.shards_) {}
    Dataset read(const StreamPiece& piece, const StreamSchema& schema) override {
      return stream_.dataset_of(piece, text_.read(piece), schema.classes);
    }

   private:
    const ExampleStream& stream_;
    PieceText text_;
  };

  /// A damaged head is found by cutting, but where a piece ends may be beyond its file's end.
  [[nodiscard]] Dataset dataset_of(const StreamPiece& piece,
                                   std::string_view text,
                                   std::int64_t classes) const {
    const std::string& path = shards_.paths()[piece.file];
    const std::vector<Record> records = find_records(text, path, piece.begin);
    ExampleReader reader(examples_, static_cast<std::int64_t>(records.size()));
    for (std::size_t i = 0; i < records.size(); ++i) {
      reader.read(records[i], path, static_cast<std::int64_t>(i));
    }
    const std::string where = format("{}: records from byte {}", path, piece.begin);
    return labelled(reader.images(), reader.labels(), {where, where}, {.classes = classes});
  }

  void scan() {
    const StreamPiece& first = pieces_.front();
    PieceText text(shards_);
    const std::string& path = shards_.paths()[first.file];
    examples_ = schema_of(find_records(text.read(first), path, first.begin).front(), {}, path);
    std::vector<StreamFacts> facts(pieces_.size());
    Shape sample_shape;
    for_each_chain(pieces_, [&](std::span<const StreamPiece> chain, std::size_t at) {
      PieceText chain_text(shards_);
      for (const StreamPiece& piece : chain) {
        const Dataset data = dataset_of(piece, chain_text.read(piece), 0);
        if (at == 0) sample_shape = data.sample_shape();
        facts[at++] = facts_of(data);
      }
    });
    StreamFacts all;
    for (const StreamFacts& some : facts) all.join(some);
    schema_ = all.schema(sample_shape);
  }

  std::string name_;
  ShardSet shards_;
  ExampleSchema examples_;
  std::vector<StreamPiece> pieces_;
  StreamSchema schema_;
};

}  // namespace

std::unique_ptr<StreamSource> open_examples(const std::string& place) {
  return std::make_unique<ExampleStream>(place);
}

}  // namespace carnyx
