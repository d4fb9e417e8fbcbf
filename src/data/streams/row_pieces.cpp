#include "data/streams/row_pieces.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/parallel.h"

namespace carnyx {
namespace {

[[noreturn]] void fail_long_line(const ShardContent& content, std::uint64_t at) {
  throw CorruptData(format("{}: at byte {}: expected rows of at most {} bytes, found a longer line",
                           content.name(),
                           at,
                           kMostStreamedRowBytes));
}

/// Where the line that byte `at` lies in ends, after its newline; the content's end if it has none.
std::uint64_t end_of_line(ShardContent& content, std::uint64_t at) {
  std::string block;
  for (const std::uint64_t from = at; at - from <= kMostStreamedRowBytes; at += block.size()) {
    block.resize(16 << 10);
    block.resize(content.read_some(at, std::as_writable_bytes(std::span(block))));
    const std::size_t newline = block.find('\n');
    if (newline != std::string::npos) return at + newline + 1;
    if (block.empty()) return at;
  }
  fail_long_line(content, at);
}

std::vector<StreamPiece> cut_plain_lines(ShardContent& content, std::size_t file) {
  std::vector<StreamPiece> pieces;
  const std::uint64_t size = content.stamp().size;
  for (std::uint64_t at = 0; at < size; at = pieces.back().end) {
    const bool is_last = size - at < kStreamPieceBytes;
    const std::uint64_t end = is_last ? size : end_of_line(content, at + kStreamPieceBytes - 1);
    pieces.push_back({.file = file, .begin = at, .end = end});
  }
  return pieces;
}

/// The same cuts, from one pass: packed content goes back only by beginning anew.
std::vector<StreamPiece> cut_packed_lines(ShardContent& content, std::size_t file) {
  std::vector<StreamPiece> pieces;
  std::string block(64 << 10, '\0');
  std::uint64_t begin = 0;
  std::uint64_t at = 0;  // of the block
  const auto cut = [&](std::uint64_t end) {
    if (end > begin)
      pieces.push_back({.file = file, .begin = begin, .end = end, .is_chained = begin > 0});
    begin = end;
  };
  while (const std::size_t count =
             content.read_some(at, std::as_writable_bytes(std::span(block)))) {
    const std::string_view text(block.data(), count);
    while (true) {
      const std::uint64_t from = std::max(at, begin + kStreamPieceBytes - 1) - at;
      const std::size_t newline = from < count ? text.find('\n', from) : std::string_view::npos;
      if (newline == std::string_view::npos) break;
      cut(at + newline + 1);
    }
    at += count;
    if (at - begin > kStreamPieceBytes + kMostStreamedRowBytes) fail_long_line(content, at);
  }
  cut(at);
  return pieces;
}

std::vector<StreamPiece> cut_lines(ShardContent& content, std::size_t file) {
  return (content.is_packed() ? cut_packed_lines : cut_plain_lines)(content, file);
}

}  // namespace

RowPieces::RowPieces(std::vector<std::string> paths, char label_separator)
    : shards_(std::move(paths)), label_separator_(label_separator) {
  std::vector<std::vector<StreamPiece>> cuts(shards_.size());
  for_each_piece(static_cast<std::int64_t>(cuts.size()), [&](std::int64_t i) {
    const auto file = static_cast<std::size_t>(i);
    cuts[file] = cut_lines(*shards_.open(file), file);
  });
  for (const auto& cut : cuts) pieces_.insert(pieces_.end(), cut.begin(), cut.end());
  PieceText text(shards_);
  for (std::size_t i = 0; i < pieces_.size() && columns_ == 0; ++i) {
    // A first line that is a header is one only in a file's first piece.
    const std::int64_t first_line = pieces_[i].begin == 0 ? 1 : 2;
    columns_ = columns_of({text.read(pieces_[i]), "", first_line}, label_separator_);
  }
  if (columns_ > 0) return;
  throw CorruptData(format("{}: expected rows of numbers, found none",
                           shards_.size() == 0 ? "the part files" : shards_.paths().front()));
}

/// Lines of its file before a piece; only a message about it needs them before scan() is over.
std::int64_t RowPieces::lines_before(const StreamPiece& piece) const {
  PieceText text(shards_);
  std::int64_t lines = 0;
  for (const StreamPiece& before : pieces_) {
    if (before.file == piece.file && before.begin < piece.begin) {
      lines += std::ranges::count(text.read(before), '\n');
    }
  }
  return lines;
}

void RowPieces::scan(
    const std::function<void(std::size_t, const StreamPiece&, NumberRows)>& visit) {
  std::vector<std::int64_t> lines(pieces_.size());
  for_each_chain(pieces_, [&](std::span<const StreamPiece> chain, std::size_t first) {
    PieceText texts(shards_);
    for (std::size_t i = first; i < first + chain.size(); ++i) {
      StreamPiece& piece = pieces_[i];
      piece.first_line = piece.begin == 0 ? 1 : 2;  // whether it may begin with a header
      const std::string_view text = texts.read(piece);
      lines[i] = std::ranges::count(text, '\n');
      NumberRows rows;
      try {
        rows = parse(text, piece, false);
      } catch (const CorruptData&) {
        piece.first_line = 1 + lines_before(piece);
        rows = parse(text, piece, false);  // throws again, with the line's number
      }
      piece.samples = rows.values.empty() ? 0 : rows.values.shape()[0];
      if (piece.samples > 0) visit(i, piece, std::move(rows));
    }
  });
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const bool begins_file = i == 0 || pieces_[i].file != pieces_[i - 1].file;
    pieces_[i].first_line = begins_file ? 1 : pieces_[i - 1].first_line + lines[i - 1];
  }
  number_samples(pieces_);
}

NumberRows RowPieces::parse(std::string_view text, const StreamPiece& piece, bool as_floats) const {
  const RowText rows{text, shards_.paths()[piece.file], piece.first_line};
  return parse_number_rows(
      {&rows, 1},
      {.label_separator = label_separator_, .columns = columns_, .as_floats = as_floats});
}

std::string RowPieces::place_of(const StreamPiece& piece) const {
  return format("{}: from line {}", shards_.paths()[piece.file], piece.first_line);
}

std::vector<std::int64_t> RowPieces::rows_of_files() const {
  std::vector<std::int64_t> rows(shards_.size(), 0);
  for (const StreamPiece& piece : pieces_) rows[piece.file] += piece.samples;
  return rows;
}

}  // namespace carnyx
