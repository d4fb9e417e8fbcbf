// CSV part files cut into pieces of whole lines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/csv/number_rows.h"
#include "data/streams/stream_source.h"

namespace carnyx {

class RowPieces final {
 public:
  /// Cuts the files; counts nothing yet. Throws NotFound, IoError, or CorruptData if there is no
  /// row, or one longer than kMostStreamedRowBytes.
  RowPieces(std::vector<std::string> paths, char label_separator);

  /// Reads all rows once, on all CPUs, and knows afterwards how many each piece has. visit(piece's
  /// number, what it is, its rows), for pieces with rows, in no order.
  void scan(const std::function<void(std::size_t, const StreamPiece&, NumberRows)>& visit);

  /// The rows of a piece with this text, as floats if asked to. Throws CorruptData as
  /// parse_number_rows() does.
  [[nodiscard]] NumberRows parse(std::string_view text,
                                 const StreamPiece& piece,
                                 bool as_floats) const;

  [[nodiscard]] const std::vector<StreamPiece>& pieces() const { return pieces_; }
  [[nodiscard]] const ShardSet& shards() const { return shards_; }
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  /// "FILE: from line N", for messages about a piece.
  [[nodiscard]] std::string place_of(const StreamPiece& piece) const;
  /// Rows of each file, after scan().
  [[nodiscard]] std::vector<std::int64_t> rows_of_files() const;

 private:
  [[nodiscard]] std::int64_t lines_before(const StreamPiece& piece) const;

  ShardSet shards_;
  char label_separator_;
  std::vector<StreamPiece> pieces_;
  std::int64_t columns_ = 0;
};

}  // namespace carnyx
