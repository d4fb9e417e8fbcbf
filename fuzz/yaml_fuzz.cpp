// Any bytes are either rejected as CorruptData or give a value that JSON can hold.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    carnyx::Yaml::parse({reinterpret_cast<const char*>(data), size}, "fuzz").value().dump();
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
