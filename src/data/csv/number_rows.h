// Rows of numbers without a header: "0,0,12" or, with a label in front, "5|0,0,12" or "5,0,0,12".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// One text of rows and what to call it in errors.
struct RowText {
  std::string_view text;
  std::string name;
  std::int64_t first_line = 1;  ///< the number of its first line; only line 1 may be a header
};

struct RowFormat {
  /// What stands after a row's first number, which is its label; '\0': rows have none.
  char label_separator = '\0';
  std::int64_t columns = 0;  ///< without the label; 0: those of the first row
  bool as_floats = false;    ///< float32 even if all numbers would be bytes
};

struct NumberRows {
  Tensor
      values;  ///< [rows, columns]: uint8 if every number is a whole one in [0, 255], else float32
  Tensor labels;  ///< [rows] float64, empty unless rows have labels
  std::vector<std::int64_t> rows_of_text;
};

/// Rows of all texts, one after the other. A first line of a text that begins with no number is
/// a header, and skipped; empty lines are nothing; lines may end in CRLF. Texts are cut at lines
/// and parsed on all CPUs. Throws CorruptData naming text, line, column, what was expected and what
/// came; all rows must be as long as the first. With given columns there may be no rows.
NumberRows parse_number_rows(std::span<const RowText> texts, const RowFormat& format);
/// The columns of a text's first row, without the label; 0 if it has no row.
std::int64_t columns_of(const RowText& text, char label_separator);

}  // namespace carnyx
