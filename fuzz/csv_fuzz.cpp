// The readers of CSV on any bytes, of which the first chooses: rows of numbers, or a table whose
// mapping then reads the same text again. A result or a CorruptData, never a crash or an overrun.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/data/table.h"

#include "data/csv/number_rows.h"

namespace {

void read_rows(std::string_view text, char label_separator) {
  carnyx::parse_number_rows(std::vector<carnyx::RowText>{{text, "fuzz"}},
                            {.label_separator = label_separator});
}

void read_table(std::string_view text, std::uint8_t choice) {
  const carnyx::TableOptions options{
      .label = "0",
      .coding = (choice & 1) != 0 ? carnyx::CategoryCoding::Codes : carnyx::CategoryCoding::OneHot,
      .standardise = (choice & 2) != 0,
      .missing = (choice & 4) != 0 ? carnyx::MissingValue::Mean : carnyx::MissingValue::Zero};
  const carnyx::Table table = carnyx::parse_table(text, "fuzz", options);
  carnyx::parse_mapped_table(text, "fuzz", table.mapping);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
        read_rows(text, '\0');
        break;
      case 1:
        read_rows(text, '|');
        break;
      case 2:
        read_rows(text, ',');
        break;
      default:
        read_table(text, data[0] / 4);
    }
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  } catch (const carnyx::InvalidArgument&) {  // NOLINT(bugprone-empty-catch): no inputs are left
  }
  return 0;
}
