// decode_pickle and the digits made of it, on any bytes: values or a CorruptData, never a crash, an
// overrun, a call or a huge allocation.
#include <cstddef>
#include <cstdint>
#include <span>

#include "carnyx/base/error.h"
#include "carnyx/data/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    carnyx::decode_pickled_digits(std::as_bytes(std::span(data, size)), "fuzz");
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
