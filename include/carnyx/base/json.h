// A JSON value that keeps the order of an object's members, because Keras's readers and people do.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carnyx {

struct JsonMember;

/// null, bool, integer, number, string, array or object. Values, freely copied; a value that was
/// parsed remembers its path, and names it in errors.
class Json {
 public:
  enum class Kind { Null, Bool, Integer, Number, String, Array, Object };

  Json() = default;
  // NOLINTBEGIN(google-explicit-constructor): a value stands for itself in {{"key", value}} lists
  Json(std::nullptr_t);
  Json(bool value);
  template <std::integral T>
  Json(T value);
  Json(double value);
  /// The shortest decimal that reads back as `value`: 0.1F is written 0.1.
  Json(float value);
  Json(const char* value);
  Json(std::string_view value);
  Json(std::string value);
  // NOLINTEND(google-explicit-constructor)

  static Json array(std::initializer_list<Json> items = {});
  static Json object(std::initializer_list<JsonMember> members = {});
  /// An array with one item for each element of a range.
  template <class Range>
  static Json array_of(const Range& range);

  /// Reads one JSON text in UTF-8, and as Python's json module also NaN, Infinity and -Infinity.
  /// An integer beyond 64 bits becomes a number. `where` names the text in errors.
  /// Throws CorruptData with the byte offset: bad syntax, a key twice, nesting beyond 64.
  static Json parse(std::string_view text, std::string_view where);

  /// The text that Python's json.dumps gives: ", " and ": ", ASCII only, floats in their shortest
  /// form with at least one decimal. `indent` >= 0 puts every item on a line of its own.
  std::string dump(int indent = -1) const;

  Kind kind() const { return static_cast<Kind>(value_.index()); }
  bool is_null() const { return kind() == Kind::Null; }
  bool is_bool() const { return kind() == Kind::Bool; }
  bool is_integer() const { return kind() == Kind::Integer; }
  /// True for integers too.
  bool is_number() const { return kind() == Kind::Number || is_integer(); }
  bool is_string() const { return kind() == Kind::String; }
  bool is_array() const { return kind() == Kind::Array; }
  bool is_object() const { return kind() == Kind::Object; }

  // Readers. All throw CorruptData, naming the path, what was expected and what is there.
  bool as_bool() const;
  std::int64_t as_int() const;
  /// An integer or a number.
  double as_number() const;
  const std::string& as_string() const;
  const std::vector<Json>& items() const;
  const std::vector<JsonMember>& members() const;
  /// The member `key`, which must be there.
  const Json& at(std::string_view key) const;
  /// The item `index` of an array, which must be there.
  const Json& at(std::size_t index) const;
  /// The member `key`; null if there is none. Throws if this is no object.
  const Json* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// Number of items or members; throws for anything else.
  std::size_t size() const;

  /// Sets or adds a member; null becomes an object first. Returns *this, so that calls chain.
  Json& set(std::string_view key, Json value);
  /// Removes a member; returns whether it was there.
  bool erase(std::string_view key);
  /// Adds an item; null becomes an array first.
  Json& push_back(Json value);

  /// Where a parsed value stood, as `config.json: $.layers[2].name`; empty if it was not parsed.
  std::string place() const;
  /// A short description for errors: "the string 'relu'", "an array of 3".
  std::string describe() const;

  /// Same kind, same content, same order of members; 1 and 1.0 differ, and NaN equals nothing.
  friend bool operator==(const Json& a, const Json& b);

 private:
  friend class JsonParser;
  struct Place;
  using Array = std::vector<Json>;
  using Object = std::vector<JsonMember>;

  [[noreturn]] void fail(std::string_view problem) const;
  template <class T>
  const T& get(std::string_view expected) const;

  // In the order of Kind.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
  // Shared by the values inside one another, and by copies; immutable.
  std::shared_ptr<const Place> place_;
};

/// One key and its value.
struct JsonMember {
  std::string key;
  Json value;
  bool operator==(const JsonMember&) const = default;
};

// Below JsonMember, which clang 14 wants to be complete.
template <std::integral T>
Json::Json(T value) : value_(static_cast<std::int64_t>(value)) {}

template <class Range>
Json Json::array_of(const Range& range) {
  Json result = array();
  for (const auto& item : range) result.push_back(Json(item));
  return result;
}

}  // namespace carnyx
