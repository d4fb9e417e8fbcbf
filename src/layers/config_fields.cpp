#include "layers/config_fields.h"

#include <array>
#include <cstddef>
#include <utility>

#include "carnyx/base/nearest.h"

namespace carnyx {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<std::string_view, E>, N>;

constexpr Names<Padding, 2> kPaddings = {{{"valid", Padding::Valid}, {"same", Padding::Same}}};
constexpr Names<ImageLayout, 2> kLayouts = {
    {{"channels_last", ImageLayout::ChannelsLast}, {"channels_first", ImageLayout::ChannelsFirst}}};
constexpr Names<Interpolation, 2> kInterpolations = {
    {{"nearest", Interpolation::Nearest}, {"bilinear", Interpolation::Bilinear}}};

template <class E, std::size_t N>
std::string_view name_among(E value, const Names<E, N>& names) {
  for (const auto& [name, meaning] : names) {
    if (meaning == value) return name;
  }
  return {};
}

template <class E, std::size_t N>
void find_among(std::string_view what, std::string_view name, const Names<E, N>& names, E& value) {
  std::array<std::string_view, N> known;
  for (std::size_t i = 0; i < N; ++i) {
    known[i] = names[i].first;
    if (known[i] != name) continue;
    value = names[i].second;
    return;
  }
  throw InvalidArgument(unknown_name(what, name, known));
}

[[noreturn]] void reject(std::string_view expected, const Json& got) {
  throw InvalidArgument(format("expected {}, got {}", expected, got.dump()));
}

}  // namespace

std::string_view name_of(Padding padding) {
  return name_among(padding, kPaddings);
}
void from_name(std::string_view name, Padding& padding) {
  find_among("padding", name, kPaddings, padding);
}
std::string_view name_of(ImageLayout layout) {
  return name_among(layout, kLayouts);
}
void from_name(std::string_view name, ImageLayout& layout) {
  find_among("data_format", name, kLayouts, layout);
}
std::string_view name_of(Interpolation interpolation) {
  return name_among(interpolation, kInterpolations);
}
void from_name(std::string_view name, Interpolation& interpolation) {
  find_among("interpolation", name, kInterpolations, interpolation);
}

void read_config(const Json& json, Size2D& field) {
  if (json.is_integer()) {
    field = {json.as_int(), json.as_int()};
    return;
  }
  if (!json.is_array() || json.size() != 2) {
    reject("a whole number or two of them, of height and width", json);
  }
  field = {json.at(std::size_t{0}).as_int(), json.at(1).as_int()};
}

void read_config(const Json& json, Margins2D& field) {
  if (json.is_integer()) {
    field.fill({json.as_int(), json.as_int()});
    return;
  }
  if (!json.is_array() || json.size() != 2) {
    reject("a whole number or two of them or two pairs, of height and width", json);
  }
  for (std::size_t axis = 0; axis < 2; ++axis) read_config(json.at(axis), field[axis]);
}

void read_config(const Json& json, Activation& field) {
  from_name(json.is_string() ? json.as_string() : json.at("class_name").as_string(), field);
}

void read_config(const Json& json, std::vector<std::int64_t>& field) {
  field.clear();
  if (json.is_integer()) return field.push_back(json.as_int());
  for (const Json& item : json.items()) field.push_back(item.as_int());
}

void read_config(const Json& json, std::vector<std::optional<std::int64_t>>& field) {
  field.clear();
  for (const Json& item : json.items()) {
    field.push_back(item.is_null() ? std::nullopt : std::optional(item.as_int()));
  }
}

}  // namespace carnyx
