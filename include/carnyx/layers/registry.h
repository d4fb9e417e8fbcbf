#pragma once

#include <string_view>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/layers/layer.h"

namespace carnyx {

/// The layer that a saved config describes: {"class_name": "Dense", "config": {...}, ...}, as Keras
/// 2 and 3 write it. Only the names below are known; nothing is imported, nothing is run.
/// Throws InvalidArgument naming the layer, the key and the remedy.
AnyLayer layer_from_json(const Json& json);

/// The object that Keras 3 writes for a layer; `name` is the one it has in its model.
Json layer_to_json(const Layer& layer, std::string_view name);

/// Class names that layer_from_json knows.
std::vector<std::string_view> known_layers();

}  // namespace carnyx
