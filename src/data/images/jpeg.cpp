// libjpeg-turbo wants its error handler not to return. It leaves by longjmp, which never crosses a
// frame that has anything to destroy: the functions that call setjmp touch plain memory only.
#include <csetjmp>
#include <cstdio>
#include <cstring>

// jpeglib.h needs <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/images/image.h"

namespace carnyx {
namespace {

/// What libjpeg's callbacks see; the manager comes first, so that its address is this one's.
struct ErrorState {
  jpeg_error_mgr manager;
  std::jmp_buf leave;
  char problem[JMSG_LENGTH_MAX];
};

ErrorState* state_of(j_common_ptr jpeg) {
  return reinterpret_cast<ErrorState*>(jpeg->err);
}

[[noreturn]] void on_error(j_common_ptr jpeg) {
  ErrorState* const state = state_of(jpeg);
  jpeg->err->format_message(jpeg, state->problem);
  std::longjmp(state->leave, 1);
}

/// Warnings that mean missing or wrong pixels are errors here; the others are about side matters.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_BOGUS_PROGRESSION:
      on_error(jpeg);
    default:
      return;
  }
}

void stay_silent(j_common_ptr /*jpeg*/) {}

/// A small file can declare thousands of passes over a large image.
void on_progress(j_common_ptr jpeg) {
  constexpr int kMostScans = 200;
  if (!jpeg->is_decompressor) return;
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMostScans) {
    std::strcpy(state_of(jpeg)->problem, "more than 200 scans");
    std::longjmp(state_of(jpeg)->leave, 1);
  }
}

/// Owns libjpeg's state.
class JpegReader {
 public:
  JpegReader(std::string_view file, const std::string& name) : name_(name) {
    jpeg_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = on_error;
    errors_.manager.emit_message = on_message;
    errors_.manager.output_message = stay_silent;
    progress_.progress_monitor = on_progress;
    if (!open(jpeg_, errors_, progress_, file.data(), file.size())) fail();
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  ImageShape shape() {
    const std::int64_t height = jpeg_.image_height;
    const std::int64_t width = jpeg_.image_width;
    check_image_sides(height, width, name_);
    return {height, width, jpeg_.num_components == 1 ? 1 : 3};
  }

  void decode(const ImageShape& shape, std::span<std::uint8_t> out) {
    const auto stride = static_cast<std::size_t>(shape.width * shape.channels);
    if (!read_rows(jpeg_, errors_, shape.channels, out.data(), stride)) fail();
  }

 private:
  static bool open(jpeg_decompress_struct& jpeg,
                   ErrorState& errors,
                   jpeg_progress_mgr& progress,
                   const char* data,
                   std::size_t size) {
    if (setjmp(errors.leave) != 0) return false;
    jpeg_create_decompress(&jpeg);
    jpeg.progress = &progress;
    jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(data), size);
    jpeg_read_header(&jpeg, TRUE);
    return true;
  }

  static bool read_rows(jpeg_decompress_struct& jpeg,
                        ErrorState& errors,
                        std::int64_t channels,
                        std::uint8_t* out,
                        std::size_t stride) {
    if (setjmp(errors.leave) != 0) return false;
    jpeg.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
      JSAMPROW row = out + jpeg.output_scanline * stride;
      jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    return true;
  }

  [[noreturn]] void fail() {
    jpeg_destroy_decompress(&jpeg_);  // may run twice: what is destroyed is empty
    throw CorruptData(format("{}: not a whole JPEG image: {}", name_, errors_.problem));
  }

  const std::string& name_;
  jpeg_decompress_struct jpeg_{};
  ErrorState errors_{};
  jpeg_progress_mgr progress_{};
};

}  // namespace

ImageShape jpeg_shape(std::string_view file, const std::string& name) {
  return JpegReader(file, name).shape();
}

void decode_jpeg(std::string_view file,
                 const std::string& name,
                 const ImageShape& shape,
                 std::span<std::uint8_t> out) {
  JpegReader reader(file, name);
  reader.shape();
  reader.decode(shape, out);
}

}  // namespace carnyx
