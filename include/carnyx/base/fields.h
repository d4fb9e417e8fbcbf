// Options as fields: one list per options struct serves JSON, flags, documentation and equality.
//
//   struct DenseOptions { std::int64_t units = 1; bool use_bias = true; };
//   template <class V> void visit_fields(V& visit, DenseOptions& o) {
//     visit("units", o.units);
//     visit("use_bias", o.use_bias);
//   }
//
// A field is a bool, a number, a string, a std::vector, std::array or std::optional of fields, a
// struct with fields of its own, an enum with `std::string_view name_of(E)` and
// `void from_name(std::string_view, E&)` (which throws InvalidArgument), or a type with
// `Json json_of(const T&)` and `void read_json(const Json&, T&)`. All are found beside the type.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/json.h"

namespace carnyx {

namespace fields {

/// Stands for any visitor, to ask whether a type has fields.
struct AnyVisitor {
  template <class T>
  void operator()(std::string_view, T&) {}
};

template <class T>
concept Struct = requires(AnyVisitor& visit, T& value) {
  visit_fields(visit, value);
};

template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(std::string_view name, T& value) {
  { name_of(value) } -> std::convertible_to<std::string_view>;
  from_name(name, value);
};

template <class T>
concept WithJson = requires(const Json& json, const T& value, T& target) {
  { json_of(value) } -> std::same_as<Json>;
  read_json(json, target);
};

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

/// Throws InvalidArgument: "WHERE: expected EXPECTED, got the string 'x'".
[[noreturn]] void reject(std::string_view where, std::string_view expected, const Json& got);
/// Throws InvalidArgument if an object has a key that is not in `known`, naming the nearest.
void reject_unknown_keys(const Json& object,
                         const std::vector<std::string_view>& known,
                         std::string_view where);
/// Throws InvalidArgument unless `json` is an integer in [low, high].
std::int64_t read_integer(const Json& json,
                          std::int64_t low,
                          std::uint64_t high,
                          std::string_view where);
/// Throws InvalidArgument unless `json` is a number not beyond +-`largest`, or no finite one.
double read_number(const Json& json, double largest, std::string_view where);

}  // namespace fields

template <fields::Struct T>
Json to_json(const T& options);
template <fields::Struct T>
T from_json(const Json& json, std::string_view where);

namespace fields {

// Declared together, since they call one another: a vector of optionals, an optional vector.
template <class T>
Json write(const T& value);
template <class T>
Json write(const std::optional<T>& value);
template <class T>
Json write(const std::vector<T>& values);
template <class T, std::size_t N>
Json write(const std::array<T, N>& values);
template <class T>
void read(const Json& json, T& field, const std::string& where);
template <class T>
void read(const Json& json, std::optional<T>& field, const std::string& where);
template <class T>
void read(const Json& json, std::vector<T>& field, const std::string& where);
template <class T, std::size_t N>
void read(const Json& json, std::array<T, N>& field, const std::string& where);

template <class T>
Json write(const T& value) {
  if constexpr (WithJson<T>) {
    return json_of(value);
  } else if constexpr (Struct<T>) {
    return to_json(value);
  } else if constexpr (NamedEnum<T>) {
    return Json(std::string_view(name_of(value)));
  } else {
    return Json(value);
  }
}

template <class T>
Json write(const std::optional<T>& value) {
  return value ? write(*value) : Json();
}

template <class T>
Json write(const std::vector<T>& values) {
  Json result = Json::array();
  for (const T& value : values) result.push_back(write(value));
  return result;
}

template <class T, std::size_t N>
Json write(const std::array<T, N>& values) {
  Json result = Json::array();
  for (const T& value : values) result.push_back(write(value));
  return result;
}

/// Puts each field into an object.
class Writer {
 public:
  template <class T>
  void operator()(std::string_view name, const T& field) {
    object_.set(name, write(field));
  }
  Json take() { return std::move(object_); }

 private:
  Json object_ = Json::object();
};

template <class T>
void read(const Json& json, T& field, const std::string& where) {
  if constexpr (WithJson<T>) {
    read_json(json, field);
  } else if constexpr (Struct<T>) {
    field = from_json<T>(json, where);
  } else if constexpr (NamedEnum<T>) {
    if (!json.is_string()) reject(where, "a name", json);
    from_name(json.as_string(), field);
  } else if constexpr (std::same_as<T, bool>) {
    if (!json.is_bool()) reject(where, "true or false", json);
    field = json.as_bool();
  } else if constexpr (Integer<T>) {
    using Limits = std::numeric_limits<T>;
    field = static_cast<T>(read_integer(json, Limits::min(), Limits::max(), where));
  } else if constexpr (std::floating_point<T>) {
    field = static_cast<T>(read_number(json, std::numeric_limits<T>::max(), where));
  } else {
    static_assert(std::same_as<T, std::string>, "not a type that a field can have: see fields.h");
    if (!json.is_string()) reject(where, "a string", json);
    field = json.as_string();
  }
}

template <class T>
void read(const Json& json, std::optional<T>& field, const std::string& where) {
  if (json.is_null()) {
    field.reset();
  } else {
    read(json, field.emplace(), where);
  }
}

template <class T>
void read(const Json& json, std::vector<T>& field, const std::string& where) {
  if (!json.is_array()) reject(where, "an array", json);
  field.clear();
  for (std::size_t i = 0; i < json.size(); ++i) {
    read(json.at(i), field.emplace_back(), where + "[" + std::to_string(i) + "]");
  }
}

template <class T, std::size_t N>
void read(const Json& json, std::array<T, N>& field, const std::string& where) {
  if (!json.is_array() || json.size() != N) {
    reject(where, "an array of " + std::to_string(N), json);
  }
  for (std::size_t i = 0; i < N; ++i) {
    read(json.at(i), field[i], where + "[" + std::to_string(i) + "]");
  }
}

/// Fills each field that the object has.
class Reader {
 public:
  Reader(const Json& object, std::string_view where) : object_(object), where_(where) {}

  template <class T>
  void operator()(std::string_view name, T& field) {
    known_.push_back(name);
    if (const Json* found = object_.find(name))
      read(*found, field, where_ + ": " + std::string(name));
  }
  void reject_unknown() const { reject_unknown_keys(object_, known_, where_); }

 private:
  const Json& object_;
  std::string where_;
  std::vector<std::string_view> known_;
};

}  // namespace fields

/// The options as an object, one member a field, in the order of the list.
template <fields::Struct T>
Json to_json(const T& options) {
  fields::Writer writer;
  T copy = options;  // the one list of fields takes them by reference, for readers
  visit_fields(writer, copy);
  return writer.take();
}

/// The options that an object gives; a field it does not name keeps its default.
/// Throws InvalidArgument for a key that is no field (naming the nearest one) and for a value of
/// the wrong type (naming the key, what was expected and what came). `where` opens the message.
template <fields::Struct T>
T from_json(const Json& json, std::string_view where) {
  if (!json.is_object()) fields::reject(where, "an object", json);
  T options{};
  fields::Reader reader(json, where);
  visit_fields(reader, options);
  reader.reject_unknown();
  return options;
}

}  // namespace carnyx
