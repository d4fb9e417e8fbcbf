// Part files as Spark writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// "part-00000", "part-r-00000", with any ending; "x.csv", "x.tfrecord" and their .gz.
bool is_part_file_name(const std::string& name);

/// The part files of a folder in the order of their names, or the one file that `place` is.
/// Throws NotFound if there are none.
std::vector<std::string> part_files(const std::string& place);

/// Labels as int64; throws CorruptData beginning with `where` if one is no whole number.
Tensor whole_labels(const Tensor& numbers, const std::string& where);

/// Rows with the label in front, followed by `label_separator`.
Dataset read_csv_rows(const std::string& place, char label_separator);

}  // namespace carnyx
