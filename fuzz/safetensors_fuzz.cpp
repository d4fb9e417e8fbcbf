// Any bytes are either rejected as CorruptData or give tensors that are written and read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "carnyx/base/error.h"

#include "saving/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  try {
    const auto tensors = carnyx::decode_safetensors(file, "fuzz");
    std::string written;
    carnyx::write_safetensors(tensors, [&](std::string_view bytes) { written += bytes; });
    if (carnyx::decode_safetensors(written, "written").size() != tensors.size()) std::abort();
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
