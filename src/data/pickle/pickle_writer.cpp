// Protocol 2 as Python 3 would write it, so that Python 2 reads it too: bytes are the Latin-1 of a
// text, which _codecs.encode makes of it.
#include <limits>
#include <string>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/pickle.h"

#include "data/numpy_type.h"

namespace carnyx {
namespace {

class Writer {
 public:
  explicit Writer(FileSink& file) : file_(file) {}

  void put(std::string_view bytes) { file_.write(bytes); }
  void put_global(std::string_view module, std::string_view name) {
    put(format("c{}\n{}\n", module, name));
  }
  void put_number(std::int64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
    put(out);
  }
  void put_int(std::int64_t value) {
    put("J");
    put_number(value, 4);
  }
  void put_text(std::string_view text) {
    put("X");
    put_number(static_cast<std::int64_t>(text.size()), 4);
    put(text);
  }
  void put_array(const Tensor& array);

 private:
  void put_dtype(std::string_view descr);
  void put_bytes(std::span<const std::byte> bytes);

  FileSink& file_;
};

void Writer::put_dtype(std::string_view descr) {
  put_global("numpy", "dtype");
  put_text(descr.substr(1));
  put("\x89\x88\x87R");  // (descr, False, True), called
  put("(");
  put_int(3);
  put_text(descr.substr(0, 1));
  put("NNN");
  put_int(-1);
  put_int(-1);
  put_int(0);
  put("tb");
}

void Writer::put_bytes(std::span<const std::byte> bytes) {
  std::int64_t size = 0;
  for (const std::byte byte : bytes) size += byte < std::byte{0x80} ? 1 : 2;
  put_global("_codecs", "encode");
  put("X");
  put_number(size, 4);
  std::string piece;
  for (const std::byte byte : bytes) {
    const auto code = std::to_integer<unsigned>(byte);
    if (code >= 0x80) piece += static_cast<char>(0xC0 | code >> 6);
    piece += static_cast<char>(code < 0x80 ? code : 0x80 | (code & 0x3F));
    if (piece.size() >= (1U << 16)) {
      put(piece);
      piece.clear();
    }
  }
  put(piece);
  put_text("latin1");
  put("\x86R");
}

void Writer::put_array(const Tensor& array) {
  put_global("numpy.core.multiarray", "_reconstruct");
  put_global("numpy", "ndarray");
  put_int(0);
  put("\x85");
  put_bytes(std::as_bytes(std::span("b", 1)));
  put("\x87R(");
  put_int(1);
  put("(");
  for (const std::int64_t axis : array.shape()) put_int(axis);
  put("t");
  put_dtype(numpy_name(array.dtype()));
  put("\x89");
  put_bytes({array.bytes(), static_cast<std::size_t>(array.size_bytes())});
  put("tb");
}

void check_size(const std::string& path, const Tensor& array) {
  // Each byte may take two.
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (array.size_bytes() < kMost) return;
  throw InvalidArgument(format("{}: a pickle here holds arrays below 2 GiB, got {} bytes; use tfr",
                               path,
                               array.size_bytes()));
}

}  // namespace

void write_pickled_digits(const std::string& path, const TrainTest& digits) {
  for (const Tensor& array : {digits.train.x, digits.train.y, digits.test.x, digits.test.y}) {
    check_size(path, array);
  }
  FileSink file(path);
  Writer writer(file);
  writer.put("\x80\x02");
  writer.put_array(digits.train.x);
  writer.put_array(digits.train.y);
  writer.put("\x86");
  writer.put_array(digits.test.x);
  writer.put_array(digits.test.y);
  writer.put("\x86\x86.");
  file.commit();
}

}  // namespace carnyx
