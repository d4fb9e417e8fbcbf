// A model that was trained on a table keeps how rows became samples: table.json, in its folder.
#pragma once

#include <optional>
#include <string>

#include "carnyx/data/table.h"

namespace carnyx {

/// Whether a place is a CSV file with a header, rather than labelled samples in a format that
/// find_data() knows.
bool is_table(const std::string& place);

/// Keeps a mapping in a file, whole or not at all. Throws IoError.
void write_table(const std::string& path, const TableMapping& mapping);

/// The mapping beside a model's file; none if there is none. Throws CorruptData naming the place.
std::optional<TableMapping> find_table(const std::string& model_path);

/// New rows to predict, read as the mapping says, whatever stands in the label's column; how many
/// values were filled in is said in a warning. Throws CorruptData for a column that is missing,
/// naming all that the model reads.
Dataset read_rows(const std::string& path, const TableMapping& mapping);

/// The same for rows to measure on. Throws CorruptData if the label's column is missing.
Dataset read_labelled_rows(const std::string& path, const TableMapping& mapping);

}  // namespace carnyx
