// The bytes of a pickle, front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace carnyx {

class PickleInput {
 public:
  PickleInput(std::span<const std::byte> file, const std::string& name)
      : text_(reinterpret_cast<const char*>(file.data()), file.size()), name_(name) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

  /// The next `size` bytes.
  std::string_view take(std::uint64_t size);
  unsigned char byte() { return static_cast<unsigned char>(take(1)[0]); }
  /// A little-endian number of `size` bytes.
  std::uint64_t number(int size);
  /// What precedes the next newline.
  std::string_view line();

  [[noreturn]] void fail(std::string_view expected, std::string_view found) const;

 private:
  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

}  // namespace carnyx
