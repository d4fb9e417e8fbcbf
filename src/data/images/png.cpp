// libpng reports errors by longjmp. It never crosses a frame that has anything to destroy: the two
// functions that call setjmp touch plain memory only, and what owns it lives in their callers.
#include <csetjmp>
#include <cstring>
#include <vector>

#include <png.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/images/image.h"

namespace carnyx {
namespace {

/// What libpng's callbacks see.
struct Input {
  const char* at;
  std::size_t left;
  char problem[160];
};

void read_bytes(png_structp png, png_bytep out, std::size_t size) {
  auto* const input = static_cast<Input*>(png_get_io_ptr(png));
  if (size > input->left) png_error(png, "the file ends inside the image");
  std::memcpy(out, input->at, size);
  input->at += size;
  input->left -= size;
}

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto* const input = static_cast<Input*>(png_get_error_ptr(png));
  std::strncpy(input->problem, text, sizeof input->problem - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp /*png*/, png_const_charp /*text*/) {}  // of side chunks; not our pixels

/// Owns libpng's state.
class PngReader {
 public:
  PngReader(std::string_view file, const std::string& name)
      : name_(name), input_{file.data(), file.size(), {}} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input_, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw IoError(name + ": libpng found no memory");
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  ImageShape shape() {
    if (!read_header(png_, info_, &input_)) fail();
    const std::int64_t height = png_get_image_height(png_, info_);
    const std::int64_t width = png_get_image_width(png_, info_);
    check_image_sides(height, width, name_);
    const bool has_colour = (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) != 0;
    return {height, width, has_colour ? 3 : 1};
  }

  /// After shape().
  void decode(const ImageShape& shape, std::span<std::uint8_t> out) {
    std::vector<png_bytep> rows(static_cast<std::size_t>(shape.height));
    const auto stride = static_cast<std::size_t>(shape.width * shape.channels);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = out.data() + i * stride;
    if (!read_rows(png_, info_, rows.data(), shape.channels, stride)) fail();
  }

 private:
  static bool read_header(png_structp png, png_infop info, Input* input) {
    if (setjmp(png_jmpbuf(png)) != 0) return false;
    png_set_read_fn(png, input, read_bytes);
    png_set_user_limits(png, kMostImageSide, kMostImageSide);
    png_set_chunk_malloc_max(png, 8U << 20);
    png_read_info(png, info);
    return true;
  }

  static bool read_rows(
      png_structp png, png_infop info, png_bytepp rows, std::int64_t channels, std::size_t stride) {
    if (setjmp(png_jmpbuf(png)) != 0) return false;
    png_set_expand(png);  // colour maps, 1 to 4 bits
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    if (channels == 3) png_set_gray_to_rgb(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != stride)
      png_error(png, "rows have another size than declared");
    png_read_image(png, rows);
    png_read_end(png, nullptr);
    return true;
  }

  [[noreturn]] void fail() const {
    throw CorruptData(format("{}: not a whole PNG image: {}", name_, input_.problem));
  }

  const std::string& name_;
  Input input_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

ImageShape png_shape(std::string_view file, const std::string& name) {
  return PngReader(file, name).shape();
}

void decode_png(std::string_view file,
                const std::string& name,
                const ImageShape& shape,
                std::span<std::uint8_t> out) {
  PngReader reader(file, name);
  reader.shape();
  reader.decode(shape, out);
}

}  // namespace carnyx
