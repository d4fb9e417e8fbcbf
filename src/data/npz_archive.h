// The zip archive that an .npz file is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <zip.h>

namespace carnyx {

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;
using Member = std::unique_ptr<zip_file_t, CloseMember>;

/// Opens an archive over `file`, which must outlive it.
Archive open_archive(std::span<const std::byte> file, const std::string& name);
/// Opens an archive that is read from its file as it is needed.
Archive open_archive(const std::string& path);

/// The index of the only member called `member`.
zip_uint64_t find_member(zip_t& archive, const std::string& name, const std::string& member);

/// Its unpacked bytes, and whether they lie in the file as they are.
struct MemberSize {
  std::uint64_t bytes = 0;
  bool is_stored = false;
};
/// Throws if the member is encrypted, packed in an unknown way, or declares an impossible size.
MemberSize checked_size(zip_t& archive,
                        zip_uint64_t index,
                        const std::string& name,
                        std::size_t file_bytes);

}  // namespace carnyx
