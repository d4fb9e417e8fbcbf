// Two passes: count the rows of each piece, then parse each piece to its place. A piece ends at a
// line's end, so the pieces do not depend on each other, and no field is ever copied.
#include "data/csv/number_rows.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/csv/line_limit.h"
#include "data/csv/number.h"
#include "data/parallel.h"

namespace carnyx {
namespace {

constexpr std::size_t kRowsPieceBytes = std::size_t{2} << 20;

struct RowsPiece {
  std::size_t text = 0;  // index of its RowText
  const char* begin = nullptr;
  const char* end = nullptr;
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
};

/// Thrown by the parser of bytes alone: the numbers need floats.
struct NotBytes {};

const char* line_end(const char* at, const char* end) {
  const void* const found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

/// The line without what ends it: "\n" or "\r\n".
std::string_view line_at(const char* begin, const char* newline) {
  std::string_view line(begin, static_cast<std::size_t>(newline - begin));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

template <class Visit>
void for_each_line(const char* begin, const char* end, const Visit& visit) {
  for (const char* at = begin; at < end;) {
    const char* const newline = line_end(at, end);
    const std::string_view line = line_at(at, newline);
    if (!line.empty()) visit(line);
    at = newline + 1;
  }
}

bool begins_with_number(std::string_view line, char label_separator) {
  const std::size_t end =
      std::min(line.find_first_of(std::string{',', label_separator}), line.size());
  double value = 0;
  return parse_whole(line.substr(0, end), value);
}

/// The end of the line that `at` lies in, looked for no further than a row may reach.
const char* end_of_row(const RowText& text, const char* at, const char* end) {
  const auto left = static_cast<std::size_t>(end - at);
  const char* const stop = line_end(at, at + std::min(left, kMostRowBytes));
  if (stop == end || *stop == '\n') return stop;
  const auto line = text.first_line + std::count(text.text.data(), at, '\n');
  throw CorruptData(format("{}: line {}: expected a row of at most {} bytes, found a longer line",
                           text.name,
                           line,
                           kMostRowBytes));
}

std::string_view without_header(const RowText& row_text, char label_separator) {
  std::string_view text = row_text.text;
  if (row_text.first_line > 1) return text;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  const char* const end = text.data() + text.size();
  const char* const newline = end_of_row(row_text, text.data(), end);
  const std::string_view line = line_at(text.data(), newline);
  if (line.empty() || begins_with_number(line, label_separator)) return text;
  return text.substr(std::min(static_cast<std::size_t>(newline - text.data()) + 1, text.size()));
}

/// Cuts the rows of `row_text`, which is text number `index`.
void cut(std::size_t index,
         const RowText& row_text,
         char label_separator,
         std::vector<RowsPiece>& pieces) {
  const std::string_view text = without_header(row_text, label_separator);
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const auto left = static_cast<std::size_t>(end - at);
    const char* const stop =
        left <= kRowsPieceBytes ? end : end_of_row(row_text, at + kRowsPieceBytes, end);
    pieces.push_back({.text = index, .begin = at, .end = stop});
    at = stop == end ? end : stop + 1;
  }
}

std::int64_t fields_of(std::string_view line) {
  return 1 + std::count(line.begin(), line.end(), ',');
}

/// What a parser needs beside its piece.
struct Layout {
  std::span<const RowText> texts;
  char label_separator = '\0';
  std::int64_t columns = 0;  // without the label
};

class PieceParser {
 public:
  PieceParser(const Layout& layout, const RowsPiece& piece) : layout_(layout), piece_(piece) {}

  template <class T>
  void parse(T* values, double* labels) {
    for_each_line(piece_.begin, piece_.end, [&](std::string_view line) {
      parse_line(line, values, labels);
      values += layout_.columns;
      if (labels != nullptr) ++labels;
    });
  }

 private:
  template <class T>
  void parse_line(std::string_view line, T* values, double* labels) {
    const char* at = line.data();
    const char* const end = at + line.size();
    if (layout_.label_separator != '\0') at = parse_label(line, at, end, *labels);
    for (std::int64_t column = 0; column < layout_.columns; ++column) {
      at = field(line, at, end, values[column]);
      if (column + 1 == layout_.columns) break;
      if (at == end || *at != ',') fail_field(line, at, "','");
      ++at;
    }
    if (at != end) fail_field(line, at, format("the end of a row of {} numbers", layout_.columns));
  }

  const char* parse_label(std::string_view line, const char* at, const char* end, double& label) {
    at = field(line, at, end, label);
    if (at == end || *at != layout_.label_separator) {
      fail_field(line, at, format("'{}' after the label", std::string(1, layout_.label_separator)));
    }
    return at + 1;
  }

  const char* field(std::string_view line, const char* at, const char* end, double& value) {
    at = skip_blanks(at, end);
    const char* const stop = parse_number(at, end, value);
    if (stop == at) fail_field(line, at, "a number");
    return skip_blanks(stop, end);
  }

  const char* field(std::string_view line, const char* at, const char* end, float& value) {
    double wide = 0;
    at = field(line, at, end, wide);
    value = static_cast<float>(wide);
    return at;
  }

  /// Up to three digits, as nearly all pixels are; anything else is looked at with care.
  const char* field(std::string_view line, const char* at, const char* end, std::uint8_t& value) {
    unsigned number = 0;
    const char* const start = at;
    while (at != end && at - start < 4 && *at >= '0' && *at <= '9') {
      number = 10 * number + static_cast<unsigned>(*at++ - '0');
    }
    if (at != start && number <= 255 && (at == end || *at == ',')) {
      value = static_cast<std::uint8_t>(number);
      return at;
    }
    double wide = 0;
    at = field(line, start, end, wide);
    if (!(wide >= 0 && wide <= 255) || wide != std::floor(wide)) throw NotBytes();
    value = static_cast<std::uint8_t>(wide);
    return at;
  }

  static const char* skip_blanks(const char* at, const char* end) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    return at;
  }

  [[noreturn]] void fail_field(std::string_view line, const char* at, std::string_view expected) {
    const RowText& text = layout_.texts[piece_.text];
    const auto line_number = text.first_line + std::count(text.text.data(), line.data(), '\n');
    const auto offset = static_cast<std::size_t>(at - line.data());
    const std::string_view before = line.substr(0, offset);
    const auto separators = std::count_if(before.begin(), before.end(), [&](char c) {
      return c == ',' || (c == layout_.label_separator && c != '\0');
    });
    std::string found;
    for (const char c : line.substr(offset, 12)) found += c >= ' ' && c <= '~' ? c : '?';
    throw CorruptData(format("{}: line {}, column {}: expected {}, found {}",
                             text.name,
                             line_number,
                             separators + 1,
                             expected,
                             found.empty() ? "the end of the line" : "'" + found + "'"));
  }

  const Layout& layout_;
  const RowsPiece& piece_;
};

void count_rows(std::vector<RowsPiece>& pieces) {
  for_each_piece(static_cast<std::int64_t>(pieces.size()), [&](std::int64_t i) {
    RowsPiece& piece = pieces[static_cast<std::size_t>(i)];
    for_each_line(piece.begin, piece.end, [&](std::string_view /*line*/) { ++piece.rows; });
  });
  std::int64_t row = 0;
  for (RowsPiece& piece : pieces) {
    piece.first_row = row;
    row += piece.rows;
  }
}

template <class T>
NumberRows parse_as(const Layout& layout, const std::vector<RowsPiece>& pieces) {
  const std::int64_t rows = pieces.empty() ? 0 : pieces.back().first_row + pieces.back().rows;
  NumberRows result{
      .values = Tensor(kDTypeOf<T>, {rows, layout.columns}), .labels = {}, .rows_of_text = {}};
  const bool has_labels = layout.label_separator != '\0';
  if (has_labels) result.labels = Tensor(DType::Float64, {rows});
  result.rows_of_text.resize(layout.texts.size());
  for (const RowsPiece& piece : pieces) result.rows_of_text[piece.text] += piece.rows;
  T* const values = result.values.data<T>().data();
  double* const labels = has_labels ? result.labels.data<double>().data() : nullptr;
  for_each_piece(static_cast<std::int64_t>(pieces.size()), [&](std::int64_t i) {
    const RowsPiece& piece = pieces[static_cast<std::size_t>(i)];
    PieceParser(layout, piece)
        .parse(values + piece.first_row * layout.columns,
               has_labels ? labels + piece.first_row : nullptr);
  });
  return result;
}

/// Columns of the first row; throws if the declared array could not be filled by the text.
std::int64_t count_columns(const std::vector<RowsPiece>& pieces, char label_separator) {
  std::int64_t columns = 0;
  for (const RowsPiece& piece : pieces) {
    for (const char* at = piece.begin; at < piece.end && columns == 0;) {
      const char* const newline = line_end(at, piece.end);
      const std::string_view line = line_at(at, newline);
      if (!line.empty()) columns = fields_of(line);
      at = newline + 1;
    }
    if (columns > 0) break;
  }
  return label_separator == ',' ? columns - 1 : columns;
}

/// A row takes two bytes a number at least: a short text can't declare a huge array.
void check_sizes(const Layout& layout, const std::vector<RowsPiece>& pieces) {
  for (const RowsPiece& piece : pieces) {
    const auto bytes = static_cast<std::int64_t>(piece.end - piece.begin) + 1;
    if (piece.rows <= bytes / (2 * layout.columns)) continue;
    for_each_line(piece.begin, piece.end, [&](std::string_view line) {
      const std::int64_t columns = fields_of(line) - (layout.label_separator == ',' ? 1 : 0);
      if (columns == layout.columns) return;
      const RowText& text = layout.texts[piece.text];
      throw CorruptData(format("{}: line {}: expected {} numbers as in the first row, found {}",
                               text.name,
                               text.first_line + std::count(text.text.data(), line.data(), '\n'),
                               layout.columns,
                               columns));
    });
  }
}

}  // namespace

NumberRows parse_number_rows(std::span<const RowText> texts, const RowFormat& row_format) {
  const char label_separator = row_format.label_separator;
  std::vector<RowsPiece> pieces;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    cut(i, texts[i], label_separator, pieces);
  }
  const Layout layout{.texts = texts,
                      .label_separator = label_separator,
                      .columns = row_format.columns > 0 ? row_format.columns
                                                        : count_columns(pieces, label_separator)};
  if (layout.columns < 1) {
    throw CorruptData(format("{}: expected rows of numbers, found none",
                             texts.empty() ? "the part files" : texts.front().name));
  }
  count_rows(pieces);
  check_sizes(layout, pieces);
  if (row_format.as_floats) return parse_as<float>(layout, pieces);
  try {
    return parse_as<std::uint8_t>(layout, pieces);
  } catch (const NotBytes&) {
    return parse_as<float>(layout, pieces);
  }
}

std::int64_t columns_of(const RowText& text, char label_separator) {
  std::vector<RowsPiece> pieces;
  cut(0, text, label_separator, pieces);
  return pieces.empty() ? 0 : count_columns(pieces, label_separator);
}

}  // namespace carnyx
