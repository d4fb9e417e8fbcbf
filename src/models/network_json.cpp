// A row of layers as Keras's Sequential, and where other classes go.
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/registry.h"
#include "carnyx/models/network.h"

#include "models/functional_json.h"

namespace carnyx {
namespace {

std::optional<std::string> name_in(const Json& config) {
  const Json* name = config.is_object() ? config.find("name") : nullptr;
  return name != nullptr && name->is_string() ? std::optional(name->as_string()) : std::nullopt;
}

Network row_from_json(const Json& config) {
  const Json& list = config.is_array() ? config : config.at("layers");  // Keras < 2.2.3: a list
  std::vector<AnyLayer> layers;
  for (const Json& layer : list.items()) {
    refuse_model_as_layer(layer);
    layers.push_back(layer_from_json(layer));
  }
  return Network(std::move(layers), {.name = name_in(config).value_or("sequential")});
}

}  // namespace

Json Network::row_to_json() const {
  const NamedInput& input = inputs_[0];
  Json layers = Json::array();
  if (input.shape) layers.push_back(layer_to_json(Input({input.shape->axes()}), input.name));
  for (const NamedLayer& named : layers_) layers.push_back(layer_to_json(*named.layer, named.name));
  Json config = Json::object({{"name", options_.name},
                              {"trainable", true},
                              {"dtype", "float32"},
                              {"layers", std::move(layers)}});
  Json object = Json::object({{"module", "keras"},
                              {"class_name", "Sequential"},
                              {"config", std::move(config)},
                              {"registered_name", Json()}});
  if (input.shape) {
    Json shape = Json::array({Json()});
    for (const std::int64_t extent : *input.shape) shape.push_back(extent);
    object.set("build_config", Json::object({{"input_shape", std::move(shape)}}));
  }
  return object;
}

Json Network::to_json() const {
  return is_functional_ ? functional_to_json(*this) : row_to_json();
}

Network Network::from_json(const Json& json) {
  const std::string& class_name = json.at("class_name").as_string();
  const Json& config = json.at("config");
  if (class_name == "Sequential") return row_from_json(config);
  if (class_name == "Functional" || class_name == "Model") {
    return Network({.name = name_in(config).value_or("functional")}, drawn_graph(config));
  }
  throw InvalidArgument(
      format("model config: expected a Sequential or Functional model, got '{}'; other kinds "
             "carry code, which is never loaded",
             class_name));
}

}  // namespace carnyx
