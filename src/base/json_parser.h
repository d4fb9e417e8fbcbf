#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "carnyx/base/json.h"

namespace carnyx {

/// Where a parsed value stood: a step below its parent. The root's step is the name of the text.
struct Json::Place {
  std::shared_ptr<const Place> parent;
  std::string step;
};

/// One pass over a JSON text (RFC 8259), by recursive descent; the depth limit bounds the stack.
class JsonParser final {
 public:
  JsonParser(std::string_view text, std::string_view where);

  /// The one value of the text.
  Json parse();

 private:
  using PlacePointer = std::shared_ptr<const Json::Place>;

  Json value(const PlacePointer& place, int depth);
  Json::Object object(const PlacePointer& place, int depth);
  Json::Array array(const PlacePointer& place, int depth);
  std::string string();
  void append_escape(std::string& out);
  void append_utf8_sequence(std::string& out);
  std::uint32_t hex4();
  Json number();
  std::size_t digits();
  PlacePointer place_below(const PlacePointer& parent, std::string step) const;

  bool at_end() const { return position_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[position_]; }
  bool accept(std::string_view token);
  void expect(char token, std::string_view role);
  void skip_space();
  [[noreturn]] void fail(std::string_view problem) const;
  [[noreturn]] void fail_at(std::size_t position, std::string_view problem) const;

  std::string_view text_;
  std::string where_;
  std::size_t position_ = 0;
};

}  // namespace carnyx
