#include "carnyx/base/json.h"

#include <charconv>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "base/json_parser.h"

namespace carnyx {
namespace {

constexpr std::size_t kQuotedBytes = 40;  // of a string, in an error

double shortest_decimal(float value) {
  const std::string text = format("{}", value);
  double result = value;  // stays for inf and nan, which from_chars would read the same
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

}  // namespace

Json::Json(std::nullptr_t) {}
Json::Json(bool value) : value_(value) {}
Json::Json(double value) : value_(value) {}
Json::Json(float value) : value_(shortest_decimal(value)) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}

bool operator==(const Json& a, const Json& b) {
  return a.value_ == b.value_;
}

Json Json::array(std::initializer_list<Json> items) {
  Json result;
  result.value_ = Array(items);
  return result;
}

Json Json::object(std::initializer_list<JsonMember> members) {
  Json result;
  result.value_ = Object();
  for (const JsonMember& member : members) result.set(member.key, member.value);
  return result;
}

Json Json::parse(std::string_view text, std::string_view where) {
  return JsonParser(text, where).parse();
}

template <class T>
const T& Json::get(std::string_view expected) const {
  if (const T* value = std::get_if<T>(&value_)) return *value;
  fail(format("expected {}, got {}", expected, describe()));
}

bool Json::as_bool() const {
  return get<bool>("true or false");
}
std::int64_t Json::as_int() const {
  return get<std::int64_t>("an integer");
}
double Json::as_number() const {
  return is_integer() ? static_cast<double>(as_int()) : get<double>("a number");
}
const std::string& Json::as_string() const {
  return get<std::string>("a string");
}
const std::vector<Json>& Json::items() const {
  return get<Array>("an array");
}
const std::vector<JsonMember>& Json::members() const {
  return get<Object>("an object");
}

const Json* Json::find(std::string_view key) const {
  for (const JsonMember& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  if (const Json* found = find(key)) return *found;
  fail(format("expected a member '{}', and there is none", key));
}

const Json& Json::at(std::size_t index) const {
  if (index < items().size()) return items()[index];
  fail(format("expected an item {}, got {}", index, describe()));
}

std::size_t Json::size() const {
  return is_object() ? members().size() : items().size();
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object();
  Object* members = std::get_if<Object>(&value_);
  CARNYX_ENSURE(members != nullptr);
  for (JsonMember& member : *members) {
    if (member.key == key) {
      member.value = std::move(value);
      return *this;
    }
  }
  members->push_back({std::string(key), std::move(value)});
  return *this;
}

bool Json::erase(std::string_view key) {
  Object* members = std::get_if<Object>(&value_);
  CARNYX_ENSURE(members != nullptr);
  return std::erase_if(*members, [&](const JsonMember& member) { return member.key == key; }) > 0;
}

Json& Json::push_back(Json value) {
  if (is_null()) value_ = Array();
  Array* items = std::get_if<Array>(&value_);
  CARNYX_ENSURE(items != nullptr);
  items->push_back(std::move(value));
  return *this;
}

std::string Json::place() const {
  if (!place_) return {};
  std::string path;
  const Place* place = place_.get();
  for (; place->parent; place = place->parent.get()) path.insert(0, place->step);
  return place->step + ": $" + path;
}

std::string Json::describe() const {
  switch (kind()) {
    case Kind::Null:
      return "null";
    case Kind::Bool:
      return as_bool() ? "true" : "false";
    case Kind::Integer:
      return "the integer " + dump();
    case Kind::Number:
      return "the number " + dump();
    case Kind::String: {
      const std::string& text = as_string();
      return "the string " + (text.size() <= kQuotedBytes
                                  ? dump()
                                  : Json(text.substr(0, kQuotedBytes)).dump() + "...");
    }
    case Kind::Array:
      return format("an array of {}", size());
    case Kind::Object:
      return format("an object of {}", size());
  }
  CARNYX_ENSURE(false);
}

void Json::fail(std::string_view problem) const {
  const std::string where = place();
  throw CorruptData(format("{}: {}", where.empty() ? "JSON" : where, problem));
}

}  // namespace carnyx
