#include "saving/archive.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <sys/stat.h>
#include <zip.h>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "saving/inflation.h"

namespace carnyx {
namespace {

constexpr std::int64_t kMostMembers = 1000;

struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using Member = std::unique_ptr<zip_file_t, CloseMember>;

// Writing in memory fails only if memory does or we misuse the library.
void must_succeed_in_zip(int status) {
  CARNYX_ENSURE(status == 0);
}

void add_member(zip_t* zip, const ArchiveMember& member) {
  zip_source_t* bytes = zip_source_buffer(zip, member.bytes.data(), member.bytes.size(), 0);
  CARNYX_ENSURE(bytes != nullptr);
  const zip_int64_t added = zip_file_add(zip, member.name.c_str(), bytes, ZIP_FL_ENC_UTF_8);
  CARNYX_ENSURE(added >= 0);
  const auto index = static_cast<zip_uint64_t>(added);
  constexpr zip_uint16_t kMidnight = 0;
  constexpr zip_uint16_t kFirstOf1980 = 1 << 5 | 1;
  constexpr zip_uint32_t kMode = zip_uint32_t{S_IFREG | S_IRUSR | S_IWUSR} << 16;
  must_succeed_in_zip(zip_set_file_compression(zip, index, ZIP_CM_STORE, 0));
  must_succeed_in_zip(zip_file_set_dostime(zip, index, kMidnight, kFirstOf1980, 0));
  must_succeed_in_zip(zip_file_set_external_attributes(zip, index, 0, ZIP_OPSYS_UNIX, kMode));
}

std::string bytes_of(zip_source_t* buffer) {
  zip_stat_t stat;
  must_succeed_in_zip(zip_source_stat(buffer, &stat));
  must_succeed_in_zip(zip_source_open(buffer));
  std::string bytes(stat.size, '\0');
  const zip_int64_t count = zip_source_read(buffer, bytes.data(), bytes.size());
  CARNYX_ENSURE(count == static_cast<zip_int64_t>(bytes.size()));
  zip_source_close(buffer);
  return bytes;
}

/// Whether a name stays below the folder that an archive would be unpacked in.
bool is_inside(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != name.npos) return false;
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('/'));
    if (part == "..") return false;
    name.remove_prefix(std::min(name.size(), part.size() + 1));
  }
  return true;
}

}  // namespace

std::string make_archive(const std::vector<ArchiveMember>& members) {
  zip_source_t* buffer = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  CARNYX_ENSURE(buffer != nullptr);
  zip_source_keep(buffer);  // it outlives the archive that is written to it
  zip_t* zip = zip_open_from_source(buffer, ZIP_TRUNCATE, nullptr);
  CARNYX_ENSURE(zip != nullptr);
  for (const ArchiveMember& member : members) add_member(zip, member);
  must_succeed_in_zip(zip_close(zip));
  std::string bytes = bytes_of(buffer);
  zip_source_free(buffer);
  return bytes;
}

Archive::Archive(std::string_view file, std::string where)
    : where_(std::move(where)), file_bytes_(file.size()) {
  if (file.empty()) fail("an empty file; expected a zip archive");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  zip_t* zip = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (zip == nullptr) {
    zip_source_free(source);
    const bool says_more = zip_error_code_zip(&error) != ZIP_ER_NOZIP;
    const std::string reason = says_more ? format(" ({})", zip_error_strerror(&error)) : "";
    zip_error_fini(&error);
    fail("expected a zip archive, found something else, or one cut short" + reason);
  }
  zip_ = zip;
  try {
    const zip_int64_t count = zip_get_num_entries(zip, 0);
    if (count < 1) fail("an archive without members");
    if (count > kMostMembers) fail(format("{} members; expected 3", count));
    std::uint64_t total_bytes = 0;
    for (zip_int64_t i = 0; i < count; ++i) check_entry(static_cast<zip_uint64_t>(i), total_bytes);
  } catch (...) {
    zip_discard(zip);
    throw;
  }
}

Archive::~Archive() {
  zip_discard(static_cast<zip_t*>(zip_));
}

void Archive::fail(const std::string& problem) const {
  throw CorruptData(format("{}: {}", where_, problem));
}

void Archive::check_entry(std::uint64_t index, std::uint64_t& total_bytes) {
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                   ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  zip_stat_t stat;
  if (zip_stat_index(static_cast<zip_t*>(zip_), index, ZIP_FL_ENC_RAW, &stat) != 0 ||
      (stat.valid & kNeeded) != kNeeded) {
    fail(format("the archive does not describe its member {}", index));
  }
  std::string name = stat.name;
  if (!is_inside(name)) fail(format("member {}: a name that leaves the archive", index));
  if (contains(name)) fail(format("{}: there twice", name));
  if (stat.encryption_method != ZIP_EM_NONE) fail(format("{}: encrypted", name));
  const bool is_stored = stat.comp_method == ZIP_CM_STORE;
  if (!is_stored && stat.comp_method != ZIP_CM_DEFLATE) {
    fail(format(
        "{}: packed by method {}; expected 0 (stored) or 8 (deflated)", name, stat.comp_method));
  }
  const std::uint64_t most = is_stored ? stat.comp_size : (stat.comp_size + 8) * kMostInflation;
  if (stat.comp_size > file_bytes_ || stat.size > most) {
    fail(format("{}: declares {} bytes packed into {}, more than the file of {} can hold",
                name,
                stat.size,
                stat.comp_size,
                file_bytes_));
  }
  total_bytes += stat.comp_size;
  if (total_bytes > file_bytes_) fail(format("{}: its bytes are another member's too", name));
  entries_.push_back({std::move(name), stat.size});
}

bool Archive::contains(std::string_view name) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.name == name; });
}

const Archive::Entry& Archive::entry_of(const std::string& name) const {
  const auto entry = std::ranges::find(entries_, name, &Entry::name);
  if (entry == entries_.end()) fail(format("{}: expected this member, and it is not there", name));
  return *entry;
}

std::uint64_t Archive::size_bytes(const std::string& name) const {
  return entry_of(name).size_bytes;
}

std::string Archive::read(const std::string& name, std::uint64_t max_bytes) const {
  const Entry* const entry = &entry_of(name);
  if (entry->size_bytes > max_bytes) {
    fail(format("{}: expected at most {} bytes, found {}", name, max_bytes, entry->size_bytes));
  }
  auto* zip = static_cast<zip_t*>(zip_);
  const auto index = static_cast<zip_uint64_t>(entry - entries_.data());
  const Member member(zip_fopen_index(zip, index, 0));
  if (member == nullptr) fail(format("{}: can't be unpacked ({})", name, zip_strerror(zip)));
  // One byte more than declared: the checksum is compared when the end is reached.
  std::string bytes(entry->size_bytes + 1, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const zip_int64_t count = zip_fread(member.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0) fail(format("{}: damaged ({})", name, zip_file_strerror(member.get())));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled != entry->size_bytes) {
    fail(format("{}: expected {} bytes, found another number", name, entry->size_bytes));
  }
  bytes.pop_back();
  return bytes;
}

}  // namespace carnyx
