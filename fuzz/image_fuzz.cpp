// PNG and JPEG on any bytes: pixels or a CorruptData, never a crash, a leak, an overrun or a huge
// allocation. Large images are only declared: unpacking them is slow, not wrong.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "carnyx/base/error.h"

#include "data/images/image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  try {
    const carnyx::ImageShape shape = carnyx::image_shape(file, "fuzz");
    if (shape.bytes() > (1 << 18)) return 0;
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(shape.bytes()));
    carnyx::decode_image(file, "fuzz", shape, pixels);
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
  return 0;
}
