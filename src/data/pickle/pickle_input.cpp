#include "data/pickle/pickle_input.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {

std::string_view PickleInput::take(std::uint64_t size) {
  if (size > text_.size() - at_) {
    fail(format("{} more bytes", size), format("{} and the end of the file", text_.size() - at_));
  }
  const std::string_view taken = text_.substr(at_, size);
  at_ += size;
  return taken;
}

std::uint64_t PickleInput::number(int size) {
  std::uint64_t value = 0;
  const std::string_view bytes = take(static_cast<std::uint64_t>(size));
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

std::string_view PickleInput::line() {
  const std::size_t end = text_.find('\n', at_);
  if (end == std::string_view::npos) fail("the end of a line", "the end of the file");
  const std::string_view line = text_.substr(at_, end - at_);
  at_ = end + 1;
  return line;
}

void PickleInput::fail(std::string_view expected, std::string_view found) const {
  throw CorruptData(format("{}: at byte {}: expected {}, found {}", name_, at_, expected, found));
}

}  // namespace carnyx
