// decode_model on any bytes: a model that can be written again, or a CorruptData.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/log.h"

#include "cpu_second.h"
#include "saving/model_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const carnyx::CpuSecond limit;
  carnyx::log::set_level(carnyx::log::Level::Off);
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  try {
    (void)carnyx::encode_model(carnyx::decode_model(file, "fuzz"), "");
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
