#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/data/table.h"

#include "data/csv/table_text.h"

namespace carnyx {

struct FittedTable {
  TableMapping mapping;
  std::vector<std::int64_t> rows_of_piece;
};

/// What the table's values say: kinds of columns, means, categories.
FittedTable fit_table(const TableText& text, const TableOptions& options);

/// A column by its name or position. Throws NotFound.
std::size_t find_column(const TableText& text, const std::string& name);

}  // namespace carnyx
