// What every format brings to a stream: pieces that can be read one by one, in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/data/dataset.h"
#include "carnyx/data/sample_stream.h"

#include "data/csv/line_limit.h"
#include "data/streams/shard_content.h"

namespace carnyx {

/// What is read at once, and the unit of the shuffled order: large enough to read well, small
/// enough that some of them are nothing beside the buffer.
inline constexpr std::uint64_t kStreamPieceBytes = std::uint64_t{1} << 20;
/// A longer row or record is taken for damage.
inline constexpr std::uint64_t kMostStreamedRowBytes = kMostRowBytes;
/// What a reader takes beside the buffer: a piece as text, and as numbers before they are copied.
inline constexpr std::int64_t kStreamReaderBytes = std::int64_t{8} << 20;

/// Samples that follow each other in one file.
struct StreamPiece {
  std::size_t file = 0;         ///< index of its file
  std::uint64_t begin = 0;      ///< in bytes of the file's content, or in rows of an array
  std::uint64_t end = 0;        ///< likewise
  std::int64_t first_line = 1;  ///< of texts
  std::int64_t first_sample = 0;
  std::int64_t samples = 0;
  bool is_chained = false;  ///< reached well only after the piece before it: the file is packed
};

/// Reads pieces of one source. **Threads**: one caller at a time.
class PieceReader {
 public:
  virtual ~PieceReader() = default;
  /// The samples of a piece. Throws NotFound, IoError or CorruptData.
  virtual Dataset read(const StreamPiece& piece, const StreamSchema& schema) = 0;
};

/// The files of one part of a data set. **Threads**: const, so any number at a time.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  [[nodiscard]] virtual std::span<const StreamPiece> pieces() const = 0;
  [[nodiscard]] virtual StreamSchema schema() const = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// A reader that borrows this source.
  [[nodiscard]] virtual std::unique_ptr<PieceReader> open() const = 0;

  [[nodiscard]] std::int64_t samples() const;
};

/// The files of text or records, each with what it was when the stream was opened.
class ShardSet final {
 public:
  explicit ShardSet(std::vector<std::string> paths);

  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }
  [[nodiscard]] std::size_t size() const { return paths_.size(); }
  /// Opens a file; throws CorruptData if it is not as it was.
  [[nodiscard]] std::unique_ptr<ShardContent> open(std::size_t file) const;
  [[nodiscard]] const FileStamp& stamp(std::size_t file) const { return stamps_[file]; }

 private:
  std::vector<std::string> paths_;
  std::vector<FileStamp> stamps_;
};

/// Reads pieces as text; keeps the last file open. **Threads**: one caller at a time.
class PieceText final {
 public:
  explicit PieceText(const ShardSet& shards) : shards_(shards) {}
  /// The bytes of a piece, valid until the next call. Throws CorruptData if the file has changed.
  std::string_view read(const StreamPiece& piece);

 private:
  const ShardSet& shards_;
  std::size_t file_ = 0;
  std::unique_ptr<ShardContent> content_;
  std::string text_;
};

/// What the samples of some pieces have in common; joined over all of them it is the schema.
struct StreamFacts {
  bool has_floats = false;     ///< some number is not a whole one in [0, 255]
  bool has_above_one = false;  ///< some number is above 1
  std::int64_t classes = 0;

  void join(const StreamFacts& other);
  /// The same rules as labelled(): bytes and floats above 1 are divided by 255.
  [[nodiscard]] StreamSchema schema(const Shape& sample_shape) const;
};
StreamFacts facts_of(const Dataset& data);

/// Calls visit(chain, index of its first piece) for all chains on all CPUs.
/// The error of the first chain is thrown.
void for_each_chain(
    std::span<const StreamPiece> pieces,
    const std::function<void(std::span<const StreamPiece> chain, std::size_t first_piece)>& visit);

/// Numbers the samples of pieces, of which each knows how many it has; drops those without any.
void number_samples(std::vector<StreamPiece>& pieces);

}  // namespace carnyx
