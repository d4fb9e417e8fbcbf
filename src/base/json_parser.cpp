#include "base/json_parser.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/utf8.h"

namespace carnyx {
namespace {

constexpr int kMaxDepth = 64;
// Below this many members a linear search for a repeated key is faster than a set of keys.
constexpr std::size_t kFewMembers = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Answers whether a key was there before, for the keys of one object in turn.
class KeysSeen {
 public:
  bool add(const std::vector<JsonMember>& members, const std::string& key) {
    if (members.size() < kFewMembers) {
      for (const JsonMember& member : members) {
        if (member.key == key) return false;
      }
      return true;
    }
    if (keys_.empty()) {
      for (const JsonMember& member : members) keys_.insert(member.key);
    }
    return keys_.insert(key).second;
  }

 private:
  std::unordered_set<std::string> keys_;
};

}  // namespace

JsonParser::JsonParser(std::string_view text, std::string_view where)
    : text_(text), where_(where) {}

Json JsonParser::parse() {
  Json result = value(place_below(nullptr, where_), 0);
  skip_space();
  if (!at_end()) fail("expected the end of the text");
  return result;
}

Json JsonParser::value(const PlacePointer& place, int depth) {
  if (depth > kMaxDepth) fail(format("nested deeper than {} levels", kMaxDepth));
  skip_space();
  Json result;
  const char first = peek();
  if (first == '{') {
    result.value_ = object(place, depth);
  } else if (first == '[') {
    result.value_ = array(place, depth);
  } else if (first == '"') {
    result.value_ = string();
  } else if (accept("true")) {
    result.value_ = true;
  } else if (accept("false")) {
    result.value_ = false;
  } else if (!accept("null")) {
    result = number();
  }
  result.place_ = place;
  return result;
}

Json::Object JsonParser::object(const PlacePointer& place, int depth) {
  expect('{', "an object");
  Json::Object members;
  KeysSeen seen;
  skip_space();
  if (accept("}")) return members;
  do {
    skip_space();
    const std::size_t key_position = position_;
    std::string key = string();
    if (!seen.add(members, key)) fail_at(key_position, format("the key '{}' comes twice", key));
    skip_space();
    expect(':', "a colon after the key");
    Json item = value(place_below(place, "." + key), depth + 1);
    members.push_back({std::move(key), std::move(item)});
    skip_space();
  } while (accept(","));
  expect('}', "a comma or the end of the object");
  return members;
}

Json::Array JsonParser::array(const PlacePointer& place, int depth) {
  expect('[', "an array");
  Json::Array items;
  skip_space();
  if (accept("]")) return items;
  // Plain items share one place, so that an array of a million numbers stays an array of numbers.
  const PlacePointer any_item = place_below(place, "[...]");
  do {
    skip_space();
    const bool nested = peek() == '{' || peek() == '[';
    items.push_back(
        value(nested ? place_below(place, "[" + std::to_string(items.size()) + "]") : any_item,
              depth + 1));
    skip_space();
  } while (accept(","));
  expect(']', "a comma or the end of the array");
  return items;
}

std::string JsonParser::string() {
  expect('"', "a string");
  std::string out;
  while (true) {
    if (at_end()) fail("the text ends inside a string");
    const char c = text_[position_];
    if (c == '"') break;
    if (c == '\\') {
      append_escape(out);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fail("a control character inside a string");
    } else if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
      ++position_;
    } else {
      append_utf8_sequence(out);
    }
  }
  ++position_;
  return out;
}

void JsonParser::append_utf8_sequence(std::string& out) {
  const std::size_t length = utf8::sequence_length(text_.substr(position_));
  if (length == 0) fail("bytes that are not UTF-8 inside a string");
  out += text_.substr(position_, length);
  position_ += length;
}

void JsonParser::append_escape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t start = position_;
  ++position_;  // the backslash
  if (const auto known = kLetters.find(peek()); !at_end() && known != kLetters.npos) {
    out += kMeanings[known];
    ++position_;
    return;
  }
  if (!accept("u")) fail_at(start, "an escape that JSON does not have");
  std::uint32_t code = hex4();
  if (code >= 0xD800 && code < 0xDC00 && accept("\\u")) {
    const std::uint32_t low = hex4();
    if (low < 0xDC00 || low > 0xDFFF) fail_at(start, "half of a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code >= 0xD800 && code <= 0xDFFF) fail_at(start, "half of a surrogate pair");
  utf8::append(out, code);
}

std::uint32_t JsonParser::hex4() {
  std::uint32_t code = 0;
  const std::string_view four = text_.substr(position_, 4);
  const auto [end, error] = std::from_chars(four.data(), four.data() + four.size(), code, 16);
  if (four.size() < 4 || error != std::errc() || end != four.data() + 4) {
    fail("expected four hexadecimal digits");
  }
  position_ += 4;
  return code;
}

Json JsonParser::number() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (accept("NaN")) return std::numeric_limits<double>::quiet_NaN();
  if (accept("Infinity")) return kInfinity;
  if (accept("-Infinity")) return -kInfinity;

  const std::size_t start = position_;
  accept("-");
  const bool leading_zero = peek() == '0';
  const std::size_t whole_digits = digits();
  if (whole_digits == 0) fail_at(start, "expected a value");
  if (leading_zero && whole_digits > 1) fail_at(start, "a number with a leading zero");
  bool is_integer = true;
  if (accept(".")) {
    is_integer = false;
    if (digits() == 0) fail("expected digits after the decimal point");
  }
  if (accept("e") || accept("E")) {
    is_integer = false;
    if (!accept("+")) accept("-");
    if (digits() == 0) fail("expected digits in the exponent");
  }

  const char* first = text_.data() + start;
  const char* last = text_.data() + position_;
  std::int64_t integer = 0;
  if (is_integer && std::from_chars(first, last, integer).ec == std::errc()) return integer;
  double number = 0;
  // The only failure left is a magnitude that double has not, which may be too small as well.
  if (std::from_chars(first, last, number).ec != std::errc()) {
    fail_at(start, "a number beyond the range of double");
  }
  return number;
}

std::size_t JsonParser::digits() {
  const std::size_t start = position_;
  while (!at_end() && is_digit(text_[position_])) ++position_;
  return position_ - start;
}

JsonParser::PlacePointer JsonParser::place_below(const PlacePointer& parent,
                                                 std::string step) const {
  return std::make_shared<const Json::Place>(Json::Place{parent, std::move(step)});
}

bool JsonParser::accept(std::string_view token) {
  if (!text_.substr(position_).starts_with(token)) return false;
  position_ += token.size();
  return true;
}

void JsonParser::expect(char token, std::string_view role) {
  if (at_end()) fail(format("the text ends where {} should be", role));
  if (peek() != token) fail(format("expected {}", role));
  ++position_;
}

void JsonParser::skip_space() {
  constexpr std::string_view kSpace = " \t\n\r";
  while (!at_end() && kSpace.find(text_[position_]) != kSpace.npos) ++position_;
}

void JsonParser::fail(std::string_view problem) const {
  fail_at(position_, problem);
}

void JsonParser::fail_at(std::size_t position, std::string_view problem) const {
  throw CorruptData(format("{}: byte {}: not valid JSON: {}", where_, position, problem));
}

}  // namespace carnyx
