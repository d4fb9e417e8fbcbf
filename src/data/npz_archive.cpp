#include "data/npz_archive.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

[[noreturn]] void fail(const std::string& name, zip_error_t* error) {
  const bool says_more = zip_error_code_zip(error) != ZIP_ER_NOZIP;
  const std::string reason = says_more ? format(": {}", zip_error_strerror(error)) : "";
  zip_error_fini(error);
  throw CorruptData(format("{}: not a valid zip archive{}", name, reason));
}

}  // namespace

Archive open_archive(std::span<const std::byte> file, const std::string& name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  if (source == nullptr) fail(name, &error);
  Archive archive(zip_open_from_source(source, ZIP_RDONLY, &error));
  if (archive == nullptr) {
    zip_source_free(source);
    fail(name, &error);
  }
  return archive;
}

Archive open_archive(const std::string& path) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_file_create(path.c_str(), 0, -1, &error);
  if (source == nullptr) fail(path, &error);
  Archive archive(zip_open_from_source(source, ZIP_RDONLY, &error));
  if (archive == nullptr) {
    zip_source_free(source);
    fail(path, &error);
  }
  return archive;
}

zip_uint64_t find_member(zip_t& archive, const std::string& name, const std::string& member) {
  std::string known;
  zip_int64_t found = -1;
  for (zip_int64_t i = 0; i < zip_get_num_entries(&archive, 0); ++i) {
    const char* entry = zip_get_name(&archive, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    if (entry == nullptr) continue;
    if (entry == member && found >= 0) {
      throw CorruptData(format("{}: expected one {}, found two", name, member));
    }
    if (entry == member) found = i;
    if (known.size() < 200) known += (known.empty() ? "" : ", ") + std::string(entry);
  }
  if (found < 0) {
    throw NotFound(
        format("{}: no {}; the archive holds {}", name, member, known.empty() ? "nothing" : known));
  }
  return static_cast<zip_uint64_t>(found);
}

MemberSize checked_size(zip_t& archive,
                        zip_uint64_t index,
                        const std::string& name,
                        std::size_t file_bytes) {
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  zip_stat_t stat;
  if (zip_stat_index(&archive, index, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
    throw CorruptData(format("{}: the archive does not say how large it is", name));
  }
  if (stat.encryption_method != ZIP_EM_NONE) {
    throw CorruptData(
        format("{}: expected no encryption, found method {}", name, stat.encryption_method));
  }
  const bool is_stored = stat.comp_method == ZIP_CM_STORE;
  if (!is_stored && stat.comp_method != ZIP_CM_DEFLATE) {
    throw CorruptData(format(
        "{}: expected a stored or deflated member, found method {}", name, stat.comp_method));
  }
  // Deflate turns one byte into 1032 at most.
  const bool is_packed_size_possible = stat.comp_size <= file_bytes;
  const std::uint64_t most = is_stored ? stat.comp_size : (stat.comp_size + 8) * 1032;
  if (!is_packed_size_possible || stat.size > most) {
    throw CorruptData(
        format("{}: declares {} bytes packed into {}, more than the file of {} bytes can "
               "hold",
               name,
               stat.size,
               stat.comp_size,
               file_bytes));
  }
  return {.bytes = stat.size, .is_stored = is_stored};
}

}  // namespace carnyx
