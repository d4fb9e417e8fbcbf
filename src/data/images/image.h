// One PNG or JPEG image as pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace carnyx {

/// The most that one image may declare.
inline constexpr std::int64_t kMostImageSide = 16'384;
inline constexpr std::int64_t kMostImagePixels = std::int64_t{1} << 26;

struct ImageShape {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;  ///< 1 (grey) or 3 (RGB)

  bool operator==(const ImageShape&) const = default;
  [[nodiscard]] std::int64_t bytes() const { return height * width * channels; }
};

/// Whether a file begins as PNG or JPEG files do.
bool looks_like_image(std::string_view file);

/// What a file declares: transparency and colour maps resolved, 16 bits cut to 8.
/// Throws CorruptData naming the file; also if it declares more than the most.
ImageShape image_shape(std::string_view file, const std::string& name);

/// Fills `out`, [height, width, channels], with the image, whose channels may be fewer than asked
/// for: grey then becomes RGB. Transparency is dropped, as TensorFlow's decoders do.
/// Throws CorruptData naming the file if it is damaged or cut, or not of this height and width.
void decode_image(std::string_view file,
                  const std::string& name,
                  const ImageShape& shape,
                  std::span<std::uint8_t> out);

// One file each: the formats, behind one interface. Shape checks are the callers' above.
ImageShape png_shape(std::string_view file, const std::string& name);
ImageShape jpeg_shape(std::string_view file, const std::string& name);
void decode_png(std::string_view file,
                const std::string& name,
                const ImageShape& shape,
                std::span<std::uint8_t> out);
void decode_jpeg(std::string_view file,
                 const std::string& name,
                 const ImageShape& shape,
                 std::span<std::uint8_t> out);

/// Throws CorruptData if the sides are 0 or beyond the most.
void check_image_sides(std::int64_t height, std::int64_t width, const std::string& name);

}  // namespace carnyx
