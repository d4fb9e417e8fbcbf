// JSON as Python's json.dumps writes it, so that a configuration can be compared with Keras's.
#include <cmath>

#include "carnyx/base/format.h"
#include "carnyx/base/json.h"
#include "carnyx/base/utf8.h"

namespace carnyx {
namespace {

constexpr std::uint32_t kReplacementCharacter = 0xFFFD;

void append_escaped(std::string& out, std::uint32_t code) {
  if (code >= 0x10000) {
    append_escaped(out, 0xD800 + ((code - 0x10000) >> 10));
    code = 0xDC00 + ((code - 0x10000) & 0x3FF);
  }
  out += format("\\u{:04x}", code);
}

void append_character(std::string& out, std::uint32_t code) {
  switch (code) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\b':
      out += "\\b";
      return;
    default:
      break;
  }
  if (code >= 0x20 && code < 0x7F) {
    out += static_cast<char>(code);
  } else {
    append_escaped(out, code);
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8::sequence_length(text);
    append_character(out, length == 0 ? kReplacementCharacter : utf8::decode(text, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text = format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

class Dumper {
 public:
  explicit Dumper(int indent) : indent_(indent) {}

  void add(const Json& json) {
    switch (json.kind()) {
      case Json::Kind::Null:
        out_ += "null";
        break;
      case Json::Kind::Bool:
        out_ += json.as_bool() ? "true" : "false";
        break;
      case Json::Kind::Integer:
        out_ += std::to_string(json.as_int());
        break;
      case Json::Kind::Number:
        out_ += number_text(json.as_number());
        break;
      case Json::Kind::String:
        append_string(out_, json.as_string());
        break;
      case Json::Kind::Array:
        add_array(json);
        break;
      case Json::Kind::Object:
        add_object(json);
        break;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void add_array(const Json& json) {
    out_ += '[';
    ++depth_;
    for (std::size_t i = 0; i < json.size(); ++i) {
      separate(i == 0);
      add(json.items()[i]);
    }
    close(']', json.size() == 0);
  }

  void add_object(const Json& json) {
    out_ += '{';
    ++depth_;
    bool first = true;
    for (const auto& [key, value] : json.members()) {
      separate(first);
      first = false;
      append_string(out_, key);
      out_ += ": ";
      add(value);
    }
    close('}', first);
  }

  void separate(bool first) {
    if (!first) out_ += indent_ < 0 ? ", " : ",";
    if (indent_ >= 0) new_line();
  }

  void close(char bracket, bool empty) {
    --depth_;
    if (indent_ >= 0 && !empty) new_line();
    out_ += bracket;
  }

  void new_line() {
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent_) * depth_, ' ');
  }

  int indent_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string Json::dump(int indent) const {
  Dumper dumper(indent);
  dumper.add(*this);
  return dumper.take();
}

}  // namespace carnyx
