// A CSV text with quotes (RFC 4180), cut into pieces at ends of rows and into fields.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carnyx {

/// One field where it stands in the text; nothing is copied.
struct TableField {
  std::string_view text;  ///< inside the quotes, if there are any
  bool is_quoted = false;
  bool has_quotes = false;  ///< doubled quotes inside, to be halved
};

/// The field's content.
std::string content_of(const TableField& field);
/// Whether there is no value: an empty field without quotes, NA, N/A, NaN, nan, null, ?.
bool is_missing(const TableField& field);

/// A header, and the rows below it in pieces that can be parsed at one time.
class TableText {
 public:
  /// Borrows `text`. Throws CorruptData if there is no header or a name comes twice.
  TableText(std::string_view text, std::string name, char separator);

  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }
  /// The line, from 1, of a place in the text.
  [[nodiscard]] std::int64_t line_of(const char* place) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::int64_t pieces() const { return static_cast<std::int64_t>(pieces_.size()); }

  /// Calls visit(fields) for each row of a piece; all rows have the header's number of fields, and
  /// empty lines are no rows. Pieces may be visited at one time. Throws CorruptData naming the
  /// line.
  template <class Visit>
  void for_each_row(std::int64_t piece, const Visit& visit) const {
    std::vector<TableField> fields;
    const std::string_view rows = pieces_[static_cast<std::size_t>(piece)];
    for (std::size_t at = 0; at < rows.size();) {
      at = read_row(rows, at, fields);
      if (!fields.empty()) visit(static_cast<const std::vector<TableField>&>(fields));
    }
  }

  /// "table.csv: line 3, column 'age': expected ..., found ...".
  [[noreturn]] void fail(const TableField& field,
                         std::size_t column,
                         std::string_view expected) const;

 private:
  /// Reads one row to `fields`, none for an empty line; returns where the next one begins.
  std::size_t read_row(std::string_view rows,
                       std::size_t at,
                       std::vector<TableField>& fields) const;
  std::size_t read_quoted(std::string_view rows, std::size_t at, TableField& field) const;
  void read_header();
  void cut();
  [[nodiscard]] std::vector<std::int64_t> quotes_of_blocks(std::size_t first,
                                                           std::size_t count) const;
  [[nodiscard]] std::size_t end_of_row(std::size_t at, bool is_inside) const;
  [[noreturn]] void fail_long(const char* place) const;
  [[noreturn]] void fail_at(const char* place, std::string_view problem) const;

  std::string_view text_;
  std::string name_;
  char separator_;
  std::array<bool, 256> ends_field_{};  // separator, line end, quote: what a plain field stops at
  std::vector<std::string> header_;
  std::string_view body_;
  std::vector<std::string_view> pieces_;
};

}  // namespace carnyx
