#include "training/report/png.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "carnyx/base/ensure.h"

namespace carnyx::report {
namespace {

constexpr std::size_t kStoredBlockBytes = 65535;

void append_big_endian(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFFU);
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xEDB88320U : crc >> 1U;
  }
  return ~crc;
}

std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16U | a;
}

void append_chunk(std::string& out, std::string_view type, std::string_view content) {
  append_big_endian(out, static_cast<std::uint32_t>(content.size()));
  const std::string checked = std::string(type) + std::string(content);
  out += checked;
  append_big_endian(out, crc32(checked));
}

/// A zlib stream of stored blocks.
std::string stored(std::string_view bytes) {
  std::string out = "\x78\x01";
  const std::uint32_t checksum = adler32(bytes);
  do {
    const std::string_view block = bytes.substr(0, kStoredBlockBytes);
    bytes.remove_prefix(block.size());
    const auto size = static_cast<unsigned>(block.size());
    out += static_cast<char>(bytes.empty() ? 1 : 0);
    for (const unsigned half : {size, ~size}) {
      out += static_cast<char>(half & 0xFFU);
      out += static_cast<char>(half >> 8U & 0xFFU);
    }
    out += block;
  } while (!bytes.empty());
  append_big_endian(out, checksum);
  return out;
}

}  // namespace

std::string png_of(const Tensor& picture) {
  const Shape& shape = picture.shape();
  CARNYX_ENSURE(shape.rank() == 2 || (shape.rank() == 3 && shape[2] == 3));
  const auto height = static_cast<std::size_t>(shape[0]);
  const auto pixels = picture.data<std::uint8_t>();
  const std::size_t row_bytes = pixels.size() / height;
  std::string rows;
  for (std::size_t row = 0; row < height; ++row) {
    rows += '\0';  // no filter
    for (const std::uint8_t pixel : pixels.subspan(row * row_bytes, row_bytes)) {
      rows += static_cast<char>(pixel);
    }
  }
  std::string header;
  append_big_endian(header, static_cast<std::uint32_t>(shape[1]));
  append_big_endian(header, static_cast<std::uint32_t>(shape[0]));
  const char color_type = shape.rank() == 2 ? '\0' : '\2';
  header += {'\x08', color_type, '\0', '\0', '\0'};
  std::string png = "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", stored(rows));
  append_chunk(png, "IEND", "");
  return png;
}

std::string data_uri(const std::string& png) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "data:image/png;base64,";
  for (std::size_t i = 0; i < png.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, png.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (k < count ? static_cast<unsigned char>(png[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= count ? kDigits[bits >> (18 - 6 * k) & 0x3FU] : '=';
    }
  }
  return out;
}

}  // namespace carnyx::report
