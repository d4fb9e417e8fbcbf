#include "carnyx/data/npz.h"

#include <cstdint>
#include <memory>
#include <utility>

#include <zip.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/byte_reader.h"
#include "data/npy.h"
#include "data/npz_archive.h"

namespace carnyx {
namespace {

class MemberReader final : public ByteReader {
 public:
  MemberReader(zip_t& archive, zip_uint64_t index, std::uint64_t size, std::string name)
      : member_(zip_fopen_index(&archive, index, 0)), size_(size), name_(std::move(name)) {
    if (member_ == nullptr) {
      throw CorruptData(format("{}: cannot be unpacked: {}", name_, zip_strerror(&archive)));
    }
  }

  void read(std::span<std::byte> out) override {
    const std::size_t filled = unpack(out);
    if (filled == out.size()) return;
    throw CorruptData(format("{}: at byte {}: expected {} more bytes, found the end",
                             name_,
                             offset_,
                             out.size() - filled));
  }
  std::size_t read_some(std::span<std::byte> out) override { return unpack(out); }
  [[nodiscard]] std::uint64_t most_left() const override {
    return offset_ < size_ ? size_ - offset_ : 0;
  }
  /// Reading up to the end is also what makes libzip compare the checksum.
  void expect_end() override {
    const std::uint64_t end = offset_;
    std::byte extra{};
    if (unpack({&extra, 1}) == 0) return;
    throw CorruptData(format("{}: at byte {}: expected the end, found more bytes", name_, end));
  }
  [[nodiscard]] std::uint64_t offset() const override { return offset_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::size_t unpack(std::span<std::byte> out) {
    std::size_t filled = 0;
    while (filled < out.size()) {
      const zip_int64_t got = zip_fread(member_.get(), out.data() + filled, out.size() - filled);
      if (got == 0) break;
      if (got < 0) {
        throw CorruptData(
            format("{}: at byte {}: {}", name_, offset_, zip_file_strerror(member_.get())));
      }
      filled += static_cast<std::size_t>(got);
      offset_ += static_cast<std::uint64_t>(got);
    }
    return filled;
  }

  Member member_;
  std::uint64_t size_;
  std::uint64_t offset_ = 0;
  std::string name_;
};

}  // namespace

std::vector<Tensor> decode_npz(std::span<const std::byte> file,
                               const std::string& name,
                               std::span<const std::string_view> names) {
  // To libzip an empty file is an archive without members.
  if (file.empty()) throw CorruptData(format("{}: expected a zip archive, found no bytes", name));
  const Archive archive = open_archive(file, name);
  std::vector<Tensor> tensors;
  for (const std::string_view wanted : names) {
    const std::string member = std::string(wanted) + ".npy";
    const zip_uint64_t index = find_member(*archive, name, member);
    const std::string place = format("{}: {}", name, member);
    const std::uint64_t size = checked_size(*archive, index, place, file.size()).bytes;
    MemberReader reader(*archive, index, size, place);
    tensors.push_back(decode_npy(reader));
  }
  return tensors;
}

std::vector<std::string> npz_names(const std::string& path) {
  const std::string file = read_data_file(path);
  if (file.empty()) throw CorruptData(format("{}: expected a zip archive, found no bytes", path));
  const Archive archive = open_archive(std::as_bytes(std::span(file)), path);
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const char* entry = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    const std::string_view name = entry == nullptr ? "" : entry;
    if (name.ends_with(".npy")) names.emplace_back(name.substr(0, name.size() - 4));
  }
  return names;
}

std::vector<Tensor> read_npz(const std::string& path, std::span<const std::string_view> names) {
  const std::string file = read_data_file(path);
  return decode_npz(std::as_bytes(std::span(file)), path, names);
}

}  // namespace carnyx
