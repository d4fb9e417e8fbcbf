#include "data/images/image.h"

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr std::string_view kPng = "\x89PNG\r\n\x1A\n";
constexpr std::string_view kJpeg = "\xFF\xD8\xFF";

}  // namespace

bool looks_like_image(std::string_view file) {
  return file.starts_with(kPng) || file.starts_with(kJpeg);
}

ImageShape image_shape(std::string_view file, const std::string& name) {
  if (file.starts_with(kPng)) return png_shape(file, name);
  if (file.starts_with(kJpeg)) return jpeg_shape(file, name);
  throw CorruptData(
      format("{}: at byte 0: expected a PNG or JPEG image, found another format", name));
}

void decode_image(std::string_view file,
                  const std::string& name,
                  const ImageShape& shape,
                  std::span<std::uint8_t> out) {
  CARNYX_ENSURE(static_cast<std::int64_t>(out.size()) == shape.bytes());
  const ImageShape found = image_shape(file, name);
  if (found.height != shape.height || found.width != shape.width) {
    throw CorruptData(
        format("{}: expected an image of {} x {}, found {} x {}; images of one set "
               "have one size",
               name,
               shape.height,
               shape.width,
               found.height,
               found.width));
  }
  if (found.channels > shape.channels) {
    throw CorruptData(format("{}: expected a grey image as the first one, found colours", name));
  }
  if (file.starts_with(kPng)) return decode_png(file, name, shape, out);
  decode_jpeg(file, name, shape, out);
}

void check_image_sides(std::int64_t height, std::int64_t width, const std::string& name) {
  const bool is_fine = height > 0 && width > 0 && height <= kMostImageSide &&
                       width <= kMostImageSide && height * width <= kMostImagePixels;
  if (is_fine) return;
  throw CorruptData(format("{}: expected an image of up to {} x {} and {} pixels, found {} x {}",
                           name,
                           kMostImageSide,
                           kMostImageSide,
                           kMostImagePixels,
                           height,
                           width));
}

}  // namespace carnyx
