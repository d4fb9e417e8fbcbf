// Any bytes are either rejected as CorruptData or give a value whose text reads back as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const std::string dumped = carnyx::Json::parse(text, "fuzz").dump();
    if (carnyx::Json::parse(dumped, "dump").dump() != dumped) std::abort();
  } catch (const carnyx::CorruptData&) {
  }
  return 0;
}
