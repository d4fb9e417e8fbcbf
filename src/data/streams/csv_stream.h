#pragma once

#include <memory>
#include <string>

#include "data/streams/stream_source.h"

namespace carnyx {

/// Rows with the label in front, followed by `label_separator`; as read_csv_rows().
std::unique_ptr<StreamSource> open_csv_rows(const std::string& place, char label_separator);

/// images/part-* and labels/part-* below `folder`; as read_csv_pairs(). The labels are in memory.
std::unique_ptr<StreamSource> open_csv_pairs(const std::string& folder);

}  // namespace carnyx
