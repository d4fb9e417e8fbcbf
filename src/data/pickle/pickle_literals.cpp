// Opcodes that push a value which stands in the pickle itself.
#include <bit>
#include <charconv>
#include <optional>
#include <utility>

#include "carnyx/base/format.h"

#include "data/pickle/pickle_machine.h"
#include "data/pickle/pickle_text.h"

namespace carnyx {

bool PickleMachine::push_constant(unsigned char opcode) {
  switch (opcode) {
    case 0x80: {  // PROTO
      const unsigned char protocol = input_.byte();
      if (protocol > 5) input_.fail("protocol 0 to 5", format("{}", protocol));
      return true;
    }
    case 0x95:  // FRAME
      if (input_.number(8) > input_.size() - input_.offset()) {
        input_.fail("a frame that ends in the file", "a longer one");
      }
      return true;
    case 'N':
      push(PickleNone{});
      return true;
    case 0x88:
      push(true);
      return true;
    case 0x89:
      push(false);
      return true;
    default:
      return false;
  }
}

bool PickleMachine::push_number(unsigned char opcode) {
  switch (opcode) {
    case 'I':
    case 'L':
      push_decimal(input_.line());
      return true;
    case 'J':
      push(static_cast<std::int64_t>(static_cast<std::int32_t>(input_.number(4))));
      return true;
    case 'K':
      push(static_cast<std::int64_t>(input_.number(1)));
      return true;
    case 'M':
      push(static_cast<std::int64_t>(input_.number(2)));
      return true;
    case 0x8A:  // LONG1
      push_long(input_.take(input_.byte()));
      return true;
    case 0x8B:  // LONG4
      push_long(input_.take(input_.number(4)));
      return true;
    case 'F': {
      const std::string_view text = input_.line();
      double value = 0;
      const char* const end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || stop != end) input_.fail("a number", printable(text));
      push(value);
      return true;
    }
    case 'G': {  // big-endian, unlike everything else
      std::uint64_t bits = 0;
      for (int i = 0; i < 8; ++i) bits = bits << 8 | input_.byte();
      push(std::bit_cast<double>(bits));
      return true;
    }
    default:
      return false;
  }
}

void PickleMachine::push_decimal(std::string_view text) {
  if (text == "00" || text == "01") return push(text == "01");  // how protocol 0 writes bools
  std::string_view digits = text;
  if (digits.ends_with('L')) digits.remove_suffix(1);
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) {
    input_.fail("a whole number of 64 bits", printable(text));
  }
  push(value);
}

void PickleMachine::push_long(std::string_view little_endian) {
  if (little_endian.size() > 8) input_.fail("a whole number of 64 bits", "a longer one");
  std::uint64_t bits = 0;
  for (std::size_t i = little_endian.size(); i > 0; --i) {
    bits = bits << 8 | static_cast<unsigned char>(little_endian[i - 1]);
  }
  const auto shift = static_cast<unsigned>(64 - 8 * little_endian.size());
  push(little_endian.empty() ? std::int64_t{0} : static_cast<std::int64_t>(bits << shift) >> shift);
}

bool PickleMachine::push_text(unsigned char opcode) {
  switch (opcode) {
    case 'S':
      push_owned_text(unquoted(input_.line()), true);
      return true;
    case 'V':
      push_owned_text(from_raw_unicode_escape(input_.line()), false);
      return true;
    case 'T':  // BINSTRING
    case 'B':  // BINBYTES
      push(PickleBytes{input_.take(input_.number(4))});
      return true;
    case 'U':  // SHORT_BINSTRING
    case 'C':  // SHORT_BINBYTES
      push(PickleBytes{input_.take(input_.byte())});
      return true;
    case 0x8E:  // BINBYTES8
    case 0x96:  // BYTEARRAY8
      push(PickleBytes{input_.take(input_.number(8))});
      return true;
    case 'X':  // BINUNICODE
      push(PickleText{input_.take(input_.number(4))});
      return true;
    case 0x8C:  // SHORT_BINUNICODE
      push(PickleText{input_.take(input_.byte())});
      return true;
    case 0x8D:  // BINUNICODE8
      push(PickleText{input_.take(input_.number(8))});
      return true;
    default:
      return false;
  }
}

void PickleMachine::push_owned_text(std::optional<std::string> text, bool is_bytes) {
  if (!text) input_.fail("a text", "a broken escape or quote");
  spend(text->size());
  const std::string& kept = pickle_.texts_.emplace_back(*std::move(text));
  if (is_bytes) {
    push(PickleBytes{kept});
  } else {
    push(PickleText{kept});
  }
}

}  // namespace carnyx
