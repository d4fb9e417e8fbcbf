#include "data/images/png_writer.h"

#include <png.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {

std::string encode_png(std::span<const std::uint8_t> pixels,
                       const ImageShape& shape,
                       const std::string& name) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(shape.width);
  image.height = static_cast<png_uint_32>(shape.height);
  image.format = shape.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  std::string file(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = file.size();
  if (png_image_write_to_memory(&image, file.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
    throw IoError(format("{}: libpng can't write it: {}", name, image.message));
  }
  file.resize(size);
  return file;
}

}  // namespace carnyx
