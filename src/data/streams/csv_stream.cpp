#include "data/streams/csv_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/csv/part_files.h"
#include "data/labelled.h"
#include "data/streams/resident_labels.h"
#include "data/streams/row_pieces.h"

namespace carnyx {
namespace {

class CsvStream final : public StreamSource {
 public:
  /// Labels in front of the rows.
  CsvStream(const std::string& place, char label_separator)
      : name_(place), rows_(part_files(place), label_separator) {
    scan();
  }
  /// Labels in files of their own.
  CsvStream(const std::string& folder, ResidentLabels labels)
      : name_(folder + "/images"), rows_(part_files(name_), '\0'), labels_(std::move(labels)) {
    scan();
  }

  [[nodiscard]] std::span<const StreamPiece> pieces() const override { return rows_.pieces(); }
  [[nodiscard]] StreamSchema schema() const override { return schema_; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::unique_ptr<PieceReader> open() const override {
    return std::make_unique<Reader>(*this);
  }
  [[nodiscard]] std::vector<std::int64_t> rows_of_files() const { return rows_.rows_of_files(); }
  [[nodiscard]] const std::vector<std::string>& paths() const { return rows_.shards().paths(); }

 private:
  class Reader final : public PieceReader {
   public:
    explicit Reader(const CsvStream& stream) : stream_(stream), text_(stream.rows_.shards()) {}
    Dataset read(const StreamPiece& piece, const StreamSchema& schema) override {
      NumberRows rows =
          stream_.rows_.parse(text_.read(piece), piece, schema.x_dtype == DType::Float32);
      return stream_.dataset_of(piece, std::move(rows), schema.classes);
    }

   private:
    const CsvStream& stream_;
    PieceText text_;
  };

  void scan() {
    std::vector<StreamFacts> facts(rows_.pieces().size());
    rows_.scan([&](std::size_t i, const StreamPiece& piece, NumberRows rows) {
      // Which samples these are is not known yet, so labels of their own are looked at later.
      facts[i] = facts_of(has_own_labels() ? images_of(piece, std::move(rows))
                                           : dataset_of(piece, std::move(rows), 0));
    });
    StreamFacts all;
    for (const StreamFacts& some : facts) all.join(some);
    if (has_own_labels()) all.classes = labels_.classes();
    Tensor one(DType::Uint8, {1, rows_.columns()});
    const std::vector<std::int64_t> axes = as_squares(one).shape().axes();
    schema_ = all.schema(Shape(std::vector<std::int64_t>(axes.begin() + 1, axes.end())));
  }

  [[nodiscard]] bool has_own_labels() const { return labels_.classes() > 0; }

  [[nodiscard]] Dataset images_of(const StreamPiece& piece, NumberRows rows) const {
    const std::string where = rows_.place_of(piece);
    return labelled(std::move(rows.values), Tensor(DType::Uint8, {piece.samples}), {where, where});
  }

  [[nodiscard]] Dataset dataset_of(const StreamPiece& piece,
                                   NumberRows rows,
                                   std::int64_t classes) const {
    const std::string where = rows_.place_of(piece);
    const Tensor labels = has_own_labels() ? labels_.of(piece) : whole_labels(rows.labels, where);
    return labelled(std::move(rows.values), labels, {where, where}, {.classes = classes});
  }

  std::string name_;
  RowPieces rows_;
  ResidentLabels labels_;
  StreamSchema schema_;
};

/// The labels of one-hot rows, and how many each file has.
ResidentLabels read_labels(RowPieces& rows) {
  std::vector<ClassLabels> parts(rows.pieces().size());
  rows.scan([&](std::size_t i, const StreamPiece& piece, const NumberRows& numbers) {
    parts[i] = class_labels(numbers.values, rows.place_of(piece));
  });
  return ResidentLabels(parts);
}

}  // namespace

std::unique_ptr<StreamSource> open_csv_rows(const std::string& place, char label_separator) {
  return std::make_unique<CsvStream>(place, label_separator);
}

std::unique_ptr<StreamSource> open_csv_pairs(const std::string& folder) {
  const std::vector<std::string> image_paths = part_files(folder + "/images");
  RowPieces labels(part_files(folder + "/labels"), '\0');
  const std::vector<std::string>& label_paths = labels.shards().paths();
  if (image_paths.size() != label_paths.size()) {
    throw CorruptData(format("{}: expected as many part files of labels as of images, {}, found {}",
                             folder,
                             image_paths.size(),
                             label_paths.size()));
  }
  auto stream = std::make_unique<CsvStream>(folder, read_labels(labels));
  const std::vector<std::int64_t> images = stream->rows_of_files();
  const std::vector<std::int64_t> rows = labels.rows_of_files();
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i] == rows[i]) continue;
    throw CorruptData(format("{}: expected {} rows, one for each image of {}, found {}",
                             label_paths[i],
                             images[i],
                             image_paths[i],
                             rows[i]));
  }
  return stream;
}

}  // namespace carnyx
