#include "saving/h5_dialect.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace carnyx {
namespace {

/// An initializer that Keras 2 wrote, and Keras 2.0 knows, by what it is made of.
struct Scaling {
  std::string_view class_name;
  double scale;
  std::string_view mode;
  std::string_view distribution;
};
constexpr std::array kScalings = {Scaling{"GlorotUniform", 1, "fan_avg", "uniform"},
                                  Scaling{"GlorotNormal", 1, "fan_avg", "normal"},
                                  Scaling{"HeUniform", 2, "fan_in", "uniform"},
                                  Scaling{"HeNormal", 2, "fan_in", "normal"},
                                  Scaling{"LecunUniform", 1, "fan_in", "uniform"},
                                  Scaling{"LecunNormal", 1, "fan_in", "normal"}};

/// Options that came after Keras 2.2 (the first rows) or 2.0, at what they were before that.
bool is_news(std::string_view key, const Json& value, KerasCompat compat) {
  constexpr std::array<std::string_view, 5> kNull = {
      "lora_rank", "lora_alpha", "quantization_config", "ragged", "optional"};
  if (std::ranges::find(kNull, key) != kNull.end()) {
    return value.is_null() || (value.is_bool() && !value.as_bool());
  }
  if (key == "groups") return value.is_integer() && value.as_int() == 1;
  if (key == "keepdims" || key == "rms_scaling") return value.is_bool() && !value.as_bool();
  if (key == "synchronized" || key == "renorm") return value.is_bool() && !value.as_bool();
  if (compat != KerasCompat::Keras20) return false;
  if (key == "data_format") return value == Json("channels_last");  // Keras's own default too
  if (key == "interpolation") return value == Json("nearest");
  return key == "output_padding" && value.is_null();
}

Json keras2_words(const Json& json, KerasCompat compat);

Json keras2_config(const Json& config, KerasCompat compat) {
  Json words = Json::object();
  for (const auto& [key, value] : config.members()) {
    if (!is_news(key, value, compat)) words.set(key, keras2_words(value, compat));
  }
  return words;
}

Json keras2_object(std::string_view class_name, Json config) {
  return Json::object({{"class_name", class_name}, {"config", std::move(config)}});
}

/// Keras 2's word for a slope.
Json with_alpha(const Json& config) {
  Json words = Json::object();
  for (const auto& [key, value] : config.members()) {
    words.set(key == "negative_slope" ? "alpha" : key, value);
  }
  return words;
}

/// {"class_name": ..., "config": ...}, whose class Keras 2.0 has too where there is one.
Json keras2_object(const Json& object, KerasCompat compat) {
  const std::string& class_name = object.at("class_name").as_string();
  Json config = keras2_config(object.at("config"), compat);
  if (class_name == "LeakyReLU") config = with_alpha(config);
  const auto* scaling = std::ranges::find(kScalings, class_name, &Scaling::class_name);
  if (scaling != kScalings.end()) {
    const Json* seed = config.find("seed");
    return keras2_object("VarianceScaling",
                         Json::object({{"scale", scaling->scale},
                                       {"mode", scaling->mode},
                                       {"distribution", scaling->distribution},
                                       {"seed", seed == nullptr ? Json() : *seed}}));
  }
  const Json* distribution = config.find("distribution");
  if (distribution != nullptr && *distribution == Json("truncated_normal")) {
    config.set("distribution", "normal");
  }
  if (class_name != "L1" && class_name != "L2") return keras2_object(class_name, std::move(config));
  for (const std::string_view key : {"l1", "l2"}) {
    if (!config.contains(key)) config.set(key, 0.0);
  }
  return keras2_object("L1L2", std::move(config));
}

Json keras2_words(const Json& json, KerasCompat compat) {
  if (json.is_array()) {
    Json words = Json::array();
    for (const Json& item : json.items()) words.push_back(keras2_words(item, compat));
    return words;
  }
  if (!json.is_object()) return json;
  const Json* config = json.find("config");
  const bool is_object = json.contains("class_name") && config != nullptr && config->is_object();
  return is_object ? keras2_object(json, compat) : keras2_config(json, compat);
}

/// The config with the shape first among what follows the name, as Keras 2 has it.
Json with_batch_input_shape(const Json& config, const Json& shape) {
  Json words = Json::object();
  for (const auto& [key, value] : config.members()) {
    words.set(key, value);
    if (key == "trainable") words.set("batch_input_shape", shape);
  }
  return words.contains("batch_input_shape") ? words : words.set("batch_input_shape", shape);
}

Json input_layer(const Json& config) {
  return keras2_object("InputLayer",
                       Json::object({{"batch_input_shape", config.at("batch_shape")},
                                     {"dtype", config.at("dtype")},
                                     {"sparse", false},
                                     {"name", config.at("name")}}));
}

/// A node of Keras 3's, with its tensors in a list or not, as Keras 2's [[layer, node, output,
/// {}]].
Json keras2_node(const Json& node) {
  const Json& given = node.at("args").at(std::size_t{0});
  const Json& tensors = given.is_array() ? given : node.at("args");
  Json inputs = Json::array();
  for (const Json& tensor : tensors.items()) {
    Json input = tensor.at("config").at("keras_history");
    inputs.push_back(input.push_back(Json::object()));
  }
  return inputs;
}

/// A layer of a graph, with what it is called on.
Json keras2_graph_layer(const Json& layer, KerasCompat compat) {
  const bool is_input = layer.at("class_name") == Json("InputLayer");
  Json words = is_input ? input_layer(layer.at("config")) : keras2_words(layer, compat);
  Json nodes = Json::array();
  for (const Json& node : layer.at("inbound_nodes").items()) nodes.push_back(keras2_node(node));
  return words.set("name", layer.at("name")).set("inbound_nodes", std::move(nodes));
}

/// The class is called Model, which all generations know; tf.keras and Keras 3 write Functional.
Json graph_config(const Json& keras3, KerasCompat compat) {
  const Json& config = keras3.at("config");
  Json list = Json::array();
  for (const Json& layer : config.at("layers").items()) {
    list.push_back(keras2_graph_layer(layer, compat));
  }
  return keras2_object("Model",
                       Json::object({{"name", config.at("name")},
                                     {"layers", std::move(list)},
                                     {"input_layers", config.at("input_layers")},
                                     {"output_layers", config.at("output_layers")}}));
}

}  // namespace

Json h5_model_config(const Network& network, KerasCompat compat) {
  if (network.is_functional()) return graph_config(network.to_json(), compat);
  (void)network.input_shape();  // Keras can't build a file's model without it
  const Json keras3 = network.to_json();
  const std::vector<Json>& layers = keras3.at("config").at("layers").items();
  const Json& input = layers.at(0).at("config");
  Json list = Json::array();
  if (compat == KerasCompat::Current) list.push_back(input_layer(input));
  for (std::size_t i = 1; i < layers.size(); ++i) {
    Json layer = keras2_words(layers[i], compat);
    if (compat == KerasCompat::Keras20 && i == 1) {
      layer.set("config", with_batch_input_shape(layer.at("config"), input.at("batch_shape")));
    }
    list.push_back(std::move(layer));
  }
  if (compat == KerasCompat::Keras20) return keras2_object("Sequential", std::move(list));
  return keras2_object("Sequential",
                       Json::object({{"name", network.name()}, {"layers", std::move(list)}}));
}

}  // namespace carnyx
