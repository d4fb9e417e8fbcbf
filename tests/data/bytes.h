// Files of the formats under test, made in memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>

namespace carnyx {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// An IDX file of unsigned bytes: big-endian extents, then `data`.
inline std::string idx_file(std::initializer_list<std::uint32_t> axes, std::string_view data) {
  std::string file{'\0', '\0', '\x08', static_cast<char>(axes.size())};
  for (const std::uint32_t axis : axes) {
    for (const int shift : {24, 16, 8, 0}) file += static_cast<char>(axis >> shift & 0xFF);
  }
  return file + std::string(data);
}

inline std::string gzip(std::string_view content) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string input(content);
  std::string packed(deflateBound(&stream, input.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("deflate");
  return packed;
}

}  // namespace carnyx
