#include <memory>
#include <string>

#include <zlib.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/idx.h"

namespace carnyx {
namespace {

/// Packs on the way to a file.
class GzipSink {
 public:
  explicit GzipSink(FileSink& file) : file_(file) {
    constexpr int kGzip = 16 + MAX_WBITS;
    if (deflateInit2(&stream_, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw IoError(file.path() + ": zlib found no memory to pack with");
    }
  }
  ~GzipSink() { deflateEnd(&stream_); }
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;

  void write(std::string_view bytes) {
    constexpr std::size_t kAtOnce = std::size_t{1} << 30;
    for (; bytes.size() > kAtOnce; bytes.remove_prefix(kAtOnce))
      pack(bytes.substr(0, kAtOnce), false);
    pack(bytes, false);
  }
  void finish() { pack({}, true); }

 private:
  void pack(std::string_view bytes, bool is_last) {
    std::string out(std::size_t{1} << 16, '\0');
    // zlib's interface lacks a const that its contract has.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(out.size());
      deflate(&stream_, is_last ? Z_FINISH : Z_NO_FLUSH);
      file_.write(std::string_view(out).substr(0, out.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

  FileSink& file_;
  z_stream stream_{};
};

std::string header_of(const Tensor& tensor) {
  std::string header{'\0', '\0', '\x08', static_cast<char>(tensor.shape().rank())};
  for (const std::int64_t axis : tensor.shape()) {
    for (const int shift : {24, 16, 8, 0}) header += static_cast<char>(axis >> shift & 0xFF);
  }
  return header;
}

}  // namespace

void write_idx(const std::string& path, const Tensor& tensor) {
  if (tensor.dtype() != DType::Uint8) {
    throw InvalidArgument(format("{}: idx holds uint8, got {}", path, name_of(tensor.dtype())));
  }
  FileSink file(path);
  const std::string header = header_of(tensor);
  const std::string_view data(reinterpret_cast<const char*>(tensor.bytes()),
                              static_cast<std::size_t>(tensor.size_bytes()));
  if (path.ends_with(".gz")) {
    GzipSink packed(file);
    packed.write(header);
    packed.write(data);
    packed.finish();
  } else {
    file.write(header);
    file.write(data);
  }
  file.commit();
}

}  // namespace carnyx
