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
};

struct NumberRows {
  Tensor
      values;  ///< [rows, columns]: uint8 if every number is a whole one in [0, 255], else float32
  Tensor labels;  ///< [rows] float64, empty unless rows have labels
  std::vector<std::int64_t> rows_of_text;
};

/// Rows of all texts, one after the other. `label_separator` stands after a row's first number,
/// which is its label; '\0': rows have none. A first line of a text that begins with no number is
/// a header, and skipped; empty lines are nothing; lines may end in CRLF. Texts are cut at lines
/// and parsed on all CPUs. Throws CorruptData naming text, line, column, what was expected and what
/// came; all rows must be as long as the first.
NumberRows parse_number_rows(std::span<const RowText> texts, char label_separator);

}  // namespace carnyx
