#pragma once

#include <string>

#include "carnyx/data/table.h"

namespace carnyx {

/// Keeps a mapping in a file, whole or not at all. Throws IoError.
void write_table(const std::string& path, const TableMapping& mapping);

}  // namespace carnyx
