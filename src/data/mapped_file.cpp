#include "data/mapped_file.h"

#include "data/byte_reader.h"

namespace carnyx {

FileContent::FileContent(const std::string& path, std::uint64_t most_unpacked) : file_(path) {
  is_packed_ = file_.text().starts_with("\x1F\x8B");
  if (is_packed_) unpacked_ = read_all(*open_gzip(file_.bytes(), path), most_unpacked);
}

}  // namespace carnyx
