#include "saving/model_config.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace carnyx {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

/// The absolute value of an integer, at least 1; 1 for anything else.
std::int64_t checked_extent(const Json& json) {
  const std::int64_t value = json.is_integer() ? json.as_int() : 1;
  if (value < -kMostElements || value > kMostElements) {
    throw CorruptData(format(
        "{}: expected a number of at most {}, found {}", json.place(), kMostElements, value));
  }
  return std::max<std::int64_t>(1, value < 0 ? -value : value);
}

/// Options whose numbers are any: nothing is as large as they are.
bool is_no_size(std::string_view key) {
  constexpr std::array<std::string_view, 7> kKeys = {
      "seed", "shared_object_id", "mean", "variance", "scale", "offset", "compile_config"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

/// Throws CorruptData for a number that no layer's size can be, before any layer multiplies it.
void check_sizes(const Json& json) {
  if (json.is_array()) {
    std::int64_t product = 1;
    for (const Json& item : json.items()) {
      check_sizes(item);
      product *= checked_extent(item);
      if (product > kMostElements) {
        throw CorruptData(format("{}: expected at most {} elements", json.place(), kMostElements));
      }
    }
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.members()) {
    if (is_no_size(key)) continue;
    check_sizes(value);
    checked_extent(value);
  }
}

/// build_config.input_shape of Keras 3, config.build_input_shape before it.
const Json* built_shape(const Json& config) {
  const Json* built = config.find("build_config");
  if (built != nullptr && built->is_object()) return built->find("input_shape");
  const Json* own = config.find("config");
  return own == nullptr || !own->is_object() ? nullptr : own->find("build_input_shape");
}

/// The network with the shape that Keras noted beside the layers when none of them says it.
Network with_built_shape(Network network, const Json& config) {
  const Json* shape = built_shape(config);
  if (network.has_input_shape() || shape == nullptr || !shape->is_array()) return network;
  std::vector<std::int64_t> axes;
  for (std::size_t i = 1; i < shape->size(); ++i) axes.push_back(shape->at(i).as_int());
  return network.with_input_shape(Shape(std::move(axes)));
}

}  // namespace

SavedModel model_from_config(const Json& config) {
  check_sizes(config);
  return {.network = with_built_shape(Network::from_json(config), config),
          .compile_config = {},
          .weights = {},
          .optimizer = std::nullopt};
}

}  // namespace carnyx
