// decode_npy on any bytes: an array or a CorruptData, never a crash, an overrun or a huge
// allocation.
#include <cstddef>
#include <cstdint>
#include <span>

#include "carnyx/base/error.h"

#include "data/byte_reader.h"
#include "data/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    carnyx::decode_npy(*carnyx::open_bytes(std::as_bytes(std::span(data, size)), "fuzz"));
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
