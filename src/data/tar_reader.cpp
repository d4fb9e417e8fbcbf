// Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block".
#include "data/tar_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kMostRecords = 64 << 10;  // bytes of a pax header
constexpr auto kRemedy = "unpack it with tar -xf, and name the folder";

using Block = std::array<char, kBlock>;

std::string_view field(const Block& block, std::size_t at, std::size_t size) {
  const std::string_view whole(block.data() + at, size);
  return whole.substr(0, whole.find('\0'));
}

/// Octal digits, with blanks around; nothing for anything else.
std::optional<std::uint64_t> octal(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 8);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// Of all bytes, those of the checksum's own field counting as blanks.
std::uint64_t sum_of(const Block& block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    sum += i >= 148 && i < 156 ? std::uint64_t{' '} : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

bool is_zero(const Block& block) {
  return std::ranges::all_of(block, [](char byte) { return byte == '\0'; });
}

std::string name_in(const Block& block) {
  const bool has_prefix = std::string_view(block.data() + 257, 6) == std::string_view("ustar\0", 6);
  const std::string_view prefix = has_prefix ? field(block, 345, 155) : std::string_view();
  const std::string name(field(block, 0, 100));
  return prefix.empty() ? name : format("{}/{}", prefix, name);
}

}  // namespace

struct TarReader::Header {
  std::string name;
  std::uint64_t size_bytes = 0;
  char type = '0';
};

std::string TarEntry::base_name() const {
  return name.substr(name.find_last_of('/') + 1);
}

void TarReader::fail(const std::string& what) const {
  throw CorruptData(
      format("{}: at byte {} of the archive: {}", bytes_.name(), bytes_.offset(), what));
}

/// Nothing at the two empty blocks that end an archive.
std::optional<TarReader::Header> TarReader::read_header() {
  Block block;
  bytes_.read(std::as_writable_bytes(std::span(block)));
  if (is_zero(block)) {
    bytes_.read(std::as_writable_bytes(std::span(block)));
    if (!is_zero(block)) fail("expected a second empty block at the end, found other bytes");
    expect_zeros_to_end();
    return std::nullopt;
  }
  const auto sum = octal(field(block, 148, 8));
  if (!sum || *sum != sum_of(block)) fail("expected a tar header with its checksum, found none");
  const auto size_bytes = octal(field(block, 124, 12));
  if (!size_bytes) fail(format("expected a size in octal digits, found another form; {}", kRemedy));
  return Header{.name = name_in(block), .size_bytes = *size_bytes, .type = block[156]};
}

std::optional<TarEntry> TarReader::next() {
  while (true) {
    skip(left_);
    skip(std::exchange(padding_, 0));
    const std::optional<Header> header = read_header();
    if (!header) return std::nullopt;
    if (header->size_bytes > bytes_.most_left()) {
      fail(format("{} declares {} bytes, more than the archive has room for",
                  header->name,
                  header->size_bytes));
    }
    name_ = header->name;
    left_ = header->size_bytes;
    padding_ = (kBlock - left_ % kBlock) % kBlock;
    switch (header->type) {
      case '\0':
      case '0':
      case '7':
        return TarEntry{name_, left_, true};
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
        return TarEntry{name_, left_, false};
      case 'g':
      case 'x':
        expect_plain_records(left_);
        continue;
      case 'L':
      case 'K':
        fail(format("a name of more than 100 bytes in GNU's form is not read; {}", kRemedy));
      default:
        fail(format("{}: expected a file, a folder or a link, found the type '{}'; {}",
                    name_,
                    std::string(1, header->type >= ' ' && header->type <= '~' ? header->type : '?'),
                    kRemedy));
    }
  }
}

/// "LENGTH key=value\n" records: times and owners are nothing to us, names and sizes would be.
void TarReader::expect_plain_records(std::uint64_t size_bytes) {
  if (size_bytes > kMostRecords) {
    fail(format("expected at most {} bytes of pax records, found {}", kMostRecords, size_bytes));
  }
  const std::string text = read(kMostRecords);
  for (std::string_view rest = text; !rest.empty();) {
    std::uint64_t length = 0;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    const auto digits = static_cast<std::uint64_t>(stop - rest.data());
    if (error != std::errc() || length > rest.size() || length < digits + 2 ||
        rest[length - 1] != '\n') {
      fail("expected pax records, each with its length, found other bytes");
    }
    const std::string_view record = rest.substr(digits + 1, length - digits - 1);
    for (const std::string_view key : {"path=", "size=", "linkpath=", "GNU.sparse"}) {
      if (record.starts_with(key)) {
        fail(format("the pax record '{}' changes what the header says, and is not read; {}",
                    key.substr(0, key.find('=')),
                    kRemedy));
      }
    }
    rest.remove_prefix(length);
  }
}

std::string TarReader::read(std::uint64_t most_bytes) {
  if (left_ > most_bytes || left_ > bytes_.most_left()) {
    fail(format("expected at most {} bytes for {}, found {}",
                std::min(most_bytes, bytes_.most_left()),
                name_,
                left_));
  }
  std::string content(left_, '\0');
  bytes_.read(std::as_writable_bytes(std::span(content)));
  left_ = 0;
  return content;
}

std::size_t TarReader::read_some(std::span<std::byte> out) {
  const auto some = out.first(std::min<std::uint64_t>(out.size(), left_));
  bytes_.read(some);
  left_ -= some.size();
  return some.size();
}

void TarReader::skip(std::uint64_t count) {
  std::array<std::byte, 16 << 10> piece;
  left_ = 0;
  while (count > 0) {
    const auto some = std::span(piece).first(std::min<std::uint64_t>(piece.size(), count));
    bytes_.read(some);
    count -= some.size();
  }
}

/// Archives are padded to their drive's block.
void TarReader::expect_zeros_to_end() {
  std::array<std::byte, 16 << 10> piece;
  while (const std::size_t count = bytes_.read_some(piece)) {
    const auto some = std::span(piece).first(count);
    if (std::ranges::any_of(some, [](std::byte byte) { return byte != std::byte{0}; })) {
      fail("expected nothing but zeros after the archive's end, found other bytes");
    }
  }
  bytes_.expect_end();
}

}  // namespace carnyx
