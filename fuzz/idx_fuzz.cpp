// decode_idx on any bytes: a tensor or a CorruptData, never a crash, an overrun or a huge
// allocation.
#include <cstddef>
#include <cstdint>
#include <span>

#include "carnyx/base/error.h"
#include "carnyx/data/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    carnyx::decode_idx(std::as_bytes(std::span(data, size)), "fuzz");
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
