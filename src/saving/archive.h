// The zip container of .keras files, from and to memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carnyx {

struct ArchiveMember {
  std::string name;
  std::string bytes;
};

/// A zip archive of these members in this order, stored as they are and dated 1980-01-01, as Keras
/// writes them: the same members give the same bytes.
std::string make_archive(const std::vector<ArchiveMember>& members);

/// Members of an archive that is checked as a whole when it is opened. It borrows the bytes.
class Archive final {
 public:
  /// `where` names the file in errors. Throws CorruptData: no zip archive, a name twice or outside
  /// the archive, encryption, a method other than stored and deflated, sizes that can't be true.
  Archive(std::string_view file, std::string where);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  [[nodiscard]] bool contains(std::string_view name) const;
  /// The member's bytes when it is unpacked, as it declares. Throws CorruptData if it is not there.
  [[nodiscard]] std::uint64_t size_bytes(const std::string& name) const;
  /// The member's bytes, whose checksum fits. Throws CorruptData: not there, over `max_bytes`,
  /// damaged.
  [[nodiscard]] std::string read(const std::string& name, std::uint64_t max_bytes) const;

 private:
  struct Entry {
    std::string name;
    std::uint64_t size_bytes;
  };
  [[nodiscard]] const Entry& entry_of(const std::string& name) const;
  void check_entry(std::uint64_t index, std::uint64_t& total_bytes);
  [[noreturn]] void fail(const std::string& problem) const;

  std::string where_;
  std::uint64_t file_bytes_;
  void* zip_ = nullptr;         // zip_t*, which this header does not name
  std::vector<Entry> entries_;  // in the archive's order
};

}  // namespace carnyx
