#pragma once

#include <cstddef>
#include <string>

#include "carnyx/data/table.h"

#include "data/csv/table_text.h"

namespace carnyx {

/// What the table's values say: kinds of columns, means, categories.
TableMapping fit_table(const TableText& text, const TableOptions& options);

/// A column by its name or position. Throws NotFound.
std::size_t find_column(const TableText& text, const std::string& name);

}  // namespace carnyx
