#include "data/npy.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/data/npz.h"

#include "data/numpy_type.h"

namespace carnyx {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kMostHeaderBytes = 10'000;  // NumPy's own limit
constexpr std::size_t kMostNpyAxes = 32;            // likewise

struct Header {
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
};

/// Reads the Python literal {'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header parse() {
    Header header;
    expect('{');
    while (!take('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") {
        set(header.descr, string(), key);
      } else if (key == "fortran_order") {
        set(header.fortran_order, boolean(), key);
      } else if (key == "shape") {
        set(header.shape, tuple(), key);
      } else {
        fail("one of the keys descr, fortran_order and shape");
      }
      if (!take(',') && peek() != '}') fail("',' or '}'");
    }
    skip_blanks();
    if (at_ != text_.size()) fail("the end of the header");
    if (!header.descr || !header.fortran_order || !header.shape) {
      fail("the keys descr, fortran_order and shape before the end");
    }
    return header;
  }

 private:
  template <class T>
  void set(std::optional<T>& field, T value, const std::string& key) {
    if (field) fail("the key " + key + " once");
    field = std::move(value);
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \n", at_), text_.size()); }
  /// The next character that is not blank, or 0 at the end.
  char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) fail(std::string("'") + wanted + "'");
  }

  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("the end of a string");
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(value);
  }

  bool boolean() {
    skip_blanks();
    for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += std::string_view(word).size();
      return value;
    }
    fail("True or False");
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> values;
    expect('(');
    while (!take(')')) {
      values.push_back(integer());
      if (values.size() > kMostNpyAxes) fail("at most 32 axes");
      if (!take(',') && peek() != ')') fail("',' or ')'");
    }
    return values;
  }

  std::int64_t integer() {
    skip_blanks();
    std::int64_t value = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
    if (error != std::errc() || value < 0) fail("a number that is not negative");
    at_ = static_cast<std::size_t>(stop - text_.data());
    take('L');  // as Python 2 wrote it
    return value;
  }

  [[noreturn]] void fail(const std::string& expected) const {
    const std::string_view found = text_.substr(std::min(at_, text_.size()), 12);
    throw CorruptData(format("{}: in the array's header, character {}: expected {}, found {}",
                             name_,
                             at_,
                             expected,
                             found.empty() ? "the end" : printable(found)));
  }

  static std::string printable(std::string_view text) {
    std::string shown = "'";
    for (const char c : text) shown += c >= ' ' && c <= '~' ? c : '?';
    return shown + "'";
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

std::string read_text(ByteReader& reader, std::uint64_t size) {
  std::string text(size, '\0');
  reader.read(std::as_writable_bytes(std::span(text)));
  return text;
}

std::uint64_t read_little_endian(ByteReader& reader, std::uint64_t size) {
  std::uint64_t value = 0;
  const std::string bytes = read_text(reader, size);
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

Header read_header(ByteReader& reader) {
  if (read_text(reader, kMagic.size()) != kMagic) {
    throw CorruptData(
        format("{}: at byte 0: expected a NumPy array, found another format", reader.name()));
  }
  const std::uint64_t major = read_little_endian(reader, 1);
  const std::uint64_t minor = read_little_endian(reader, 1);
  if (major < 1 || major > 3 || minor != 0) {
    throw CorruptData(format("{}: at byte 6: expected .npy version 1.0, 2.0 or 3.0, found {}.{}",
                             reader.name(),
                             major,
                             minor));
  }
  const std::uint64_t length = read_little_endian(reader, major == 1 ? 2 : 4);
  if (length > kMostHeaderBytes) {
    throw CorruptData(format("{}: at byte 8: expected a header of at most {} bytes, found {}",
                             reader.name(),
                             kMostHeaderBytes,
                             length));
  }
  const std::string text = read_text(reader, length);
  return HeaderParser(text, reader.name()).parse();
}

NumpyType type_of(const std::string& descr, const std::string& name) {
  if (const auto type = numpy_type(descr)) return *type;
  throw CorruptData(format("{}: expected an array of {}, found {}{}; save it as one of them",
                           name,
                           kNumpyTypes,
                           descr,
                           descr.ends_with("O") ? " (objects: a pickle)" : ""));
}

void check_fits(const std::vector<std::int64_t>& axes,
                std::int64_t element_bytes,
                const ByteReader& reader) {
  auto left = static_cast<std::int64_t>(reader.most_left()) / element_bytes;
  for (const std::int64_t axis : axes) {
    if (axis > left) {
      throw CorruptData(
          format("{}: at byte {}: the shape {} declares more data than there is, {} bytes",
                 reader.name(),
                 reader.offset(),
                 Shape(axes).to_string(),
                 reader.most_left()));
    }
    if (axis > 0) left /= axis;
  }
}

Tensor read_elements(ByteReader& reader, const NumpyType& type, const Shape& shape, bool fortran) {
  if (is_native(type) && (!fortran || shape.rank() < 2)) {
    Tensor tensor(held_as(type), shape);
    reader.read({tensor.bytes(), static_cast<std::size_t>(tensor.size_bytes())});
    return tensor;
  }
  std::vector<std::byte> raw(static_cast<std::size_t>(shape.elements() * type.size));
  reader.read(raw);
  return numpy_tensor(type, shape, fortran, raw);
}

}  // namespace

NpyHeader read_npy_header(ByteReader& reader) {
  const Header header = read_header(reader);
  return {.type = type_of(header.descr.value(), reader.name()),
          .axes = header.shape.value(),
          .is_fortran = header.fortran_order.value()};
}

Tensor decode_npy(ByteReader& reader) {
  const NpyHeader header = read_npy_header(reader);
  check_fits(header.axes, header.type.size, reader);
  Tensor tensor = read_elements(reader, header.type, Shape(header.axes), header.is_fortran);
  reader.expect_end();
  return tensor;
}

Tensor read_npy(const std::string& path) {
  const std::string file = read_data_file(path);
  const std::unique_ptr<ByteReader> reader = open_bytes(std::as_bytes(std::span(file)), path);
  return decode_npy(*reader);
}

std::string npy_header(DType dtype, const Shape& shape) {
  std::string text = format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                            numpy_name(dtype),
                            shape.to_string());
  constexpr std::size_t kAlignment = 64;  // NumPy's, so that mapped data is aligned
  constexpr std::size_t kPreamble = 10;
  const std::size_t size = (kPreamble + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  text.resize(size - kPreamble - 1, ' ');
  text += '\n';
  const auto length = static_cast<unsigned>(text.size());
  return std::string(kMagic) + '\1' + '\0' + static_cast<char>(length & 0xFF) +
         static_cast<char>(length >> 8 & 0xFF) + text;
}

}  // namespace carnyx
