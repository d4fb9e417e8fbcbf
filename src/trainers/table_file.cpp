#include "trainers/table_file.h"

#include "carnyx/base/files.h"

namespace carnyx {

void write_table(const std::string& path, const TableMapping& mapping) {
  write_file_atomically(path, mapping.to_json().dump(1) + "\n");
}

}  // namespace carnyx
