#include "data/streams/array_stream.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/idx.h"

#include "data/byte_reader.h"
#include "data/idx_header.h"
#include "data/labelled.h"
#include "data/npy.h"
#include "data/numpy_type.h"
#include "data/streams/npz_content.h"
#include "data/streams/resident_labels.h"

namespace carnyx {
namespace {

using OpenContent = std::function<std::unique_ptr<ShardContent>()>;

/// Rows of one size, one after the other in some content.
struct RowArray {
  OpenContent open;
  NumpyType type;
  std::vector<std::int64_t> axes;
  std::uint64_t first_byte = 0;  ///< of the first row

  [[nodiscard]] std::uint64_t row_bytes() const {
    std::uint64_t bytes = static_cast<std::uint64_t>(type.size);
    for (std::size_t i = 1; i < axes.size(); ++i) bytes *= static_cast<std::uint64_t>(axes[i]);
    return bytes;
  }
  /// Rows [first, end) as a tensor.
  [[nodiscard]] Tensor rows(ShardContent& content, std::uint64_t first, std::uint64_t end) const {
    std::vector<std::byte> raw((end - first) * row_bytes());
    content.read(first_byte + first * row_bytes(), raw);
    std::vector<std::int64_t> some = axes;
    some[0] = static_cast<std::int64_t>(end - first);
    return numpy_tensor(type, Shape(std::move(some)), false, raw);
  }
};

/// Throws unless the rows can be in the content: a short file can't declare a huge array.
void check_end(const RowArray& array, ShardContent& content) {
  const auto rows = static_cast<std::uint64_t>(array.axes[0]);
  const std::uint64_t most = content.stamp().size * (content.is_packed() ? 1032 : 1);
  std::byte last{};
  const bool is_possible = array.row_bytes() > 0 && array.row_bytes() <= kMostStreamedRowBytes &&
                           rows > 0 && rows <= most / array.row_bytes();
  const std::uint64_t end = array.first_byte + rows * array.row_bytes();
  if (is_possible && content.read_some(end - 1, {&last, 1}) == 1 &&
      content.read_some(end, {&last, 1}) == 0) {
    return;
  }
  throw CorruptData(
      format("{}: at byte {}: the shape {} declares other data than there is; a row may have up to "
             "{} bytes",
             content.name(),
             array.first_byte,
             Shape(array.axes).to_string(),
             kMostStreamedRowBytes));
}

/// The first bytes of content, enough for any header.
std::string head_of(ShardContent& content, std::size_t most) {
  std::string head(most, '\0');
  head.resize(content.read_some(0, std::as_writable_bytes(std::span(head))));
  return head;
}

RowArray idx_array(const std::string& path) {
  RowArray array{.open = [path] { return open_shard(path); },
                 .type = {.order = '|', .kind = 'u', .size = 1}};
  const auto content = array.open();
  const std::string head = head_of(*content, kMostIdxHeaderBytes);
  const auto reader = open_plain(std::as_bytes(std::span(head)), path);
  array.axes = read_idx_shape(*reader).axes();
  array.first_byte = reader->offset();
  check_end(array, *content);
  return array;
}

RowArray npz_array(const std::string& path, const std::string& name) {
  RowArray array{.open = [path, name] { return open_npz_member(path, name + ".npy"); }};
  const auto content = array.open();
  const std::string head = head_of(*content, kMostNpyHeaderBytes);
  const auto reader = open_plain(std::as_bytes(std::span(head)), content->name());
  const NpyHeader header = read_npy_header(*reader);
  array.type = header.type;
  array.axes = header.axes;
  array.first_byte = reader->offset();
  if (header.axes.empty()) {
    throw CorruptData(content->name() + ": expected an array with an axis of samples, found none");
  }
  if (header.is_fortran && header.axes.size() > 1) {
    throw InvalidArgument(
        format("{}: an array in Fortran order can't be streamed, its samples lie scattered; save "
               "numpy.ascontiguousarray of it, or read it into memory",
               content->name()));
  }
  check_end(array, *content);
  return array;
}

class ArrayStream final : public StreamSource {
 public:
  ArrayStream(RowArray images, ResidentLabels labels, std::string name)
      : name_(std::move(name)), images_(std::move(images)), labels_(std::move(labels)) {
    const auto content = images_.open();
    stamp_ = content->stamp();
    if (labels_.samples() != images_.axes[0]) {
      throw CorruptData(format("{}: expected {} labels, one for each image, found {}",
                               name_,
                               images_.axes[0],
                               labels_.samples()));
    }
    cut(content->is_packed());
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
    explicit Reader(const ArrayStream& stream) : stream_(stream), content_(stream.images_.open()) {}
    Dataset read(const StreamPiece& piece, const StreamSchema& schema) override {
      content_->require(stream_.stamp_);
      const std::string where = format("{}: from row {}", content_->name(), piece.begin);
      return labelled(stream_.images_.rows(*content_, piece.begin, piece.end),
                      stream_.labels_.of(piece),
                      {where, where},
                      {.classes = schema.classes});
    }

   private:
    const ArrayStream& stream_;
    std::unique_ptr<ShardContent> content_;
  };

  void cut(bool is_packed) {
    const auto rows = static_cast<std::uint64_t>(images_.axes[0]);
    const std::uint64_t at_once =
        std::max<std::uint64_t>(kStreamPieceBytes / images_.row_bytes(), 1);
    for (std::uint64_t begin = 0; begin < rows; begin += at_once) {
      const std::uint64_t end = std::min(begin + at_once, rows);
      pieces_.push_back({.begin = begin,
                         .end = end,
                         .samples = static_cast<std::int64_t>(end - begin),
                         .is_chained = is_packed && begin > 0});
    }
    number_samples(pieces_);
  }

  /// Bytes say all by their type; other numbers are looked at.
  void scan() {
    const StreamSchema given{.classes = labels_.classes()};
    const bool are_bytes = held_as(images_.type) == DType::Uint8;
    const auto some = std::span(pieces_).first(are_bytes ? 1 : pieces_.size());
    std::vector<StreamFacts> facts(some.size());
    Shape sample_shape;
    for_each_chain(some, [&](std::span<const StreamPiece> chain, std::size_t at) {
      Reader reader(*this);
      for (const StreamPiece& piece : chain) {
        const Dataset data = reader.read(piece, given);
        if (at == 0) sample_shape = data.sample_shape();
        facts[at++] = facts_of(data);
      }
    });
    StreamFacts all;
    for (const StreamFacts& one : facts) all.join(one);
    schema_ = all.schema(sample_shape);
  }

  std::string name_;
  RowArray images_;
  ResidentLabels labels_;
  FileStamp stamp_;
  std::vector<StreamPiece> pieces_;
  StreamSchema schema_;
};

}  // namespace

std::unique_ptr<StreamSource> open_idx_arrays(const std::string& images,
                                              const std::string& labels) {
  return std::make_unique<ArrayStream>(
      idx_array(images), ResidentLabels(class_labels(read_idx(labels), labels)), images);
}

std::unique_ptr<StreamSource> open_npz_arrays(const std::string& path,
                                              const std::string& images,
                                              const std::string& labels) {
  const RowArray array = npz_array(path, labels);
  const Tensor numbers = array.rows(*array.open(), 0, static_cast<std::uint64_t>(array.axes[0]));
  return std::make_unique<ArrayStream>(
      npz_array(path, images),
      ResidentLabels(class_labels(numbers, format("{}: {}", path, labels))),
      format("{}: {}", path, images));
}

}  // namespace carnyx
