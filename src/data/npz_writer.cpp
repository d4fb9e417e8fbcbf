// A zip archive of stored members: PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <zlib.h>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/data/npz.h"

#include "data/npy.h"

namespace carnyx {
namespace {

struct WrittenMember {
  std::string name;
  std::uint32_t crc = 0;
  std::uint32_t size = 0;
  std::uint32_t offset = 0;
};

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

/// What the local and the central header share: version to the lengths of name and extra field.
void put_common(std::string& out, const WrittenMember& member) {
  constexpr std::uint32_t kJanuaryFirst1980 = 33;  // no clock: the same arrays, the same file
  put(out, 20, 2);                                 // version needed
  put(out, 0, 2);                                  // flags
  put(out, 0, 2);                                  // stored
  put(out, kJanuaryFirst1980 << 16, 4);
  put(out, member.crc, 4);
  put(out, member.size, 4);
  put(out, member.size, 4);
  put(out, static_cast<std::uint32_t>(member.name.size()), 2);
  put(out, 0, 2);
}

std::string local_header(const WrittenMember& member) {
  std::string out = "PK\3\4";
  put_common(out, member);
  return out + member.name;
}

std::string central_header(const WrittenMember& member) {
  std::string out = "PK\1\2";
  put(out, 20, 2);
  put_common(out, member);
  put(out, 0, 2);  // comment
  put(out, 0, 2);  // disk
  put(out, 0, 2);  // internal attributes
  put(out, 0, 4);  // external attributes
  put(out, member.offset, 4);
  return out + member.name;
}

std::string end_record(std::size_t members, std::uint32_t size, std::uint32_t offset) {
  std::string out = "PK\5\6";
  put(out, 0, 4);
  put(out, static_cast<std::uint32_t>(members), 2);
  put(out, static_cast<std::uint32_t>(members), 2);
  put(out, size, 4);
  put(out, offset, 4);
  put(out, 0, 2);
  return out;
}

std::uint32_t crc_of(std::string_view header, const Tensor& array) {
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(header.data()), header.size());
  const auto size = static_cast<z_size_t>(array.size_bytes());
  if (size > 0) crc = crc32_z(crc, reinterpret_cast<const Bytef*>(array.bytes()), size);
  return static_cast<std::uint32_t>(crc);
}

void check_size(const std::string& path, std::span<const Tensor> arrays) {
  std::uint64_t total = 0;
  for (const Tensor& array : arrays) total += static_cast<std::uint64_t>(array.size_bytes());
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() - (1U << 20);
  if (total <= kMost) return;
  throw InvalidArgument(
      format("{}: an .npz file here holds up to 4 GiB, got {} bytes; use tfr", path, total));
}

}  // namespace

void write_npz(const std::string& path,
               std::span<const std::string_view> names,
               std::span<const Tensor> arrays) {
  CARNYX_ENSURE(names.size() == arrays.size());
  check_size(path, arrays);
  FileSink file(path);
  std::string directory;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string header = npy_header(arrays[i].dtype(), arrays[i].shape());
    const auto data_bytes = static_cast<std::size_t>(arrays[i].size_bytes());
    const WrittenMember member{.name = std::string(names[i]) + ".npy",
                               .crc = crc_of(header, arrays[i]),
                               .size = static_cast<std::uint32_t>(header.size() + data_bytes),
                               .offset = static_cast<std::uint32_t>(file.size())};
    file.write(local_header(member));
    file.write(header);
    file.write(std::span(arrays[i].bytes(), data_bytes));
    directory += central_header(member);
  }
  const auto offset = static_cast<std::uint32_t>(file.size());
  file.write(directory);
  file.write(end_record(names.size(), static_cast<std::uint32_t>(directory.size()), offset));
  file.commit();
}

}  // namespace carnyx
