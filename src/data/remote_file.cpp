#include "data/remote_file.h"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/hash.h"

#include "data/byte_reader.h"

namespace carnyx {
namespace {

std::string content_sha256(ByteReader& reader, std::int64_t size_bytes) {
  constexpr std::int64_t kPiece = 1 << 20;
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min(kPiece, size_bytes)));
  Hash hash(Hash::Algorithm::Sha256);
  for (std::int64_t left = size_bytes; left > 0;) {
    const auto read = std::span(piece).first(static_cast<std::size_t>(std::min(kPiece, left)));
    reader.read(read);
    hash.update(std::span<const std::byte>(read));
    left -= static_cast<std::int64_t>(read.size());
  }
  reader.expect_end();
  return hash.hex();
}

}  // namespace

std::int64_t most_bytes(const RemoteFile& file) {
  // Deflate adds at most 5 bytes to each 16 KiB that it cannot shrink, and gzip a header with a
  // name.
  return file.is_gzip ? file.size_bytes + file.size_bytes / 1024 + 4096 : file.size_bytes;
}

void verify(const RemoteFile& file, const std::string& path) {
  const std::string bytes = read_file(path, static_cast<std::uint64_t>(most_bytes(file)));
  const auto view = std::as_bytes(std::span(bytes));
  const std::unique_ptr<ByteReader> reader =
      file.is_gzip ? open_gzip(view, path) : open_plain(view, path);
  const std::string found = content_sha256(*reader, file.size_bytes);
  if (found == file.sha256) return;
  throw CorruptData(format("{}: expected {} with the SHA-256 {}, found {}",
                           path,
                           file.is_gzip ? "unpacked content" : "content",
                           file.sha256,
                           found));
}

}  // namespace carnyx
