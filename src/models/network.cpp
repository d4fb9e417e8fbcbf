#include "carnyx/models/network.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/registry.h"

namespace carnyx {
namespace {

bool is_upper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}
bool is_lower(char c) {
  return std::islower(static_cast<unsigned char>(c)) != 0;
}

/// Gives unnamed layers their class in snake_case and a number that no one else has.
class Namer {
 public:
  explicit Namer(NamingStyle style) : style_(style) {}

  std::string name_of(const Layer& layer) {
    const std::string given = layer.name();
    const std::string name = given.empty() ? numbered(to_snake_case(layer.class_name())) : given;
    if (std::ranges::find(taken_, name) != taken_.end()) {
      throw InvalidArgument("model: every layer needs a name of its own, got '" + name + "' twice");
    }
    taken_.push_back(name);
    return name;
  }

 private:
  std::string numbered(const std::string& base) {
    const std::int64_t count = counts_[base]++;
    const std::int64_t number = style_ == NamingStyle::Keras2 ? count + 1 : count;
    return number == 0 ? base : base + "_" + std::to_string(number);
  }

  NamingStyle style_;
  std::map<std::string, std::int64_t> counts_;
  std::vector<std::string> taken_;
};

/// One layer under its name, which errors carry too.
Value build_layer(const Network::NamedLayer& named, GraphBuilder& builder, Value x) {
  const GraphBuilder::Scope scope(builder, named.name);
  try {
    return named.layer->build(builder, x);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument("layer '" + named.name + "' (" + named.layer->class_name() +
                          "): " + error.what());
  }
}

Shape without_batch(const Shape& shape) {
  return Shape(std::vector<std::int64_t>(shape.begin() + 1, shape.end()));
}

}  // namespace

/// The three substitutions of Keras's to_snake_case, one after the other.
std::string to_snake_case(const std::string& class_name) {
  std::string first;  // (.)([A-Z][a-z]+) -> \1_\2
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    const bool word = i > 0 && is_upper(class_name[i]) && i + 1 < class_name.size() &&
                      is_lower(class_name[i + 1]);
    if (word) first += '_';
    first += class_name[i];
  }
  std::string second;  // ([a-z])([A-Z]) -> \1_\2
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (i > 0 && is_lower(first[i - 1]) && is_upper(first[i])) second += '_';
    second += static_cast<char>(std::tolower(static_cast<unsigned char>(first[i])));
  }
  return second;
}

Network::Network(std::vector<AnyLayer> layers, NetworkOptions options)
    : options_(std::move(options)) {
  Namer namer(options_.naming);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::string name = namer.name_of(*layers[i]);
    if (const auto shape = layers[i]->input_shape(); shape && i == 0) input_shape_ = shape;
    if (layers[i]->class_name() == "InputLayer") {
      if (i > 0) throw InvalidArgument("model: the input layer '" + name + "' must be the first");
      input_name_ = std::move(name);
    } else {
      layers_.push_back({std::move(name), std::move(layers[i])});
    }
  }
  if (input_name_.empty()) {
    input_name_ = options_.naming == NamingStyle::Keras2 ? "input_1" : "input_layer";
  }
}

const Shape& Network::input_shape() const {
  if (input_shape_) return *input_shape_;
  throw InvalidArgument("model '" + options_.name +
                        "': the input's shape is not known; give the first "
                        "layer .input_shape, or begin with Input({.shape = {...}})");
}

Network Network::with_input_shape(const Shape& shape) const {
  if (input_shape_ && *input_shape_ != shape) {
    throw InvalidArgument("model '" + options_.name + "': expected samples of shape " +
                          input_shape_->to_string() + ", got " + shape.to_string());
  }
  Network shaped = *this;
  shaped.input_shape_ = shape;
  return shaped;
}

Value Network::build(GraphBuilder& builder, Value x) const {
  for (const NamedLayer& named : layers_) x = build_layer(named, builder, x);
  return x;
}

std::vector<LayerSummary> Network::summarize() const {
  GraphBuilder builder(Mode::Training, 1);
  Value x = builder.input(input_name_, input_shape());
  std::vector<LayerSummary> rows;
  std::size_t counted = 0;
  for (const NamedLayer& named : layers_) {
    x = build_layer(named, builder, x);
    LayerSummary row{.name = named.name,
                     .class_name = named.layer->class_name(),
                     .output_shape = without_batch(x.shape())};
    const auto& states = builder.graph().states();
    for (; counted < states.size(); ++counted) {
      const StateSpec& spec = states[counted].spec;
      (spec.trainable ? row.trainable_parameters : row.other_parameters) += spec.shape.elements();
      if (!spec.trainable) row.other_bytes += spec.shape.elements() * size_of(spec.saved_as);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json Network::to_json() const {
  Json layers = Json::array();
  if (input_shape_) layers.push_back(layer_to_json(Input({input_shape_->axes()}), input_name_));
  for (const NamedLayer& named : layers_) layers.push_back(layer_to_json(*named.layer, named.name));
  Json config = Json::object({{"name", options_.name},
                              {"trainable", true},
                              {"dtype", "float32"},
                              {"layers", std::move(layers)}});
  Json object = Json::object({{"module", "keras"},
                              {"class_name", "Sequential"},
                              {"config", std::move(config)},
                              {"registered_name", Json()}});
  if (input_shape_) {
    Json shape = Json::array({Json()});
    for (const std::int64_t extent : *input_shape_) shape.push_back(extent);
    object.set("build_config", Json::object({{"input_shape", std::move(shape)}}));
  }
  return object;
}

Network Network::from_json(const Json& json) {
  const std::string& class_name = json.at("class_name").as_string();
  if (class_name != "Sequential") {
    throw InvalidArgument(
        format("model config: expected a Sequential model, got '{}'; other kinds "
               "can't be loaded yet",
               class_name));
  }
  const Json& config = json.at("config");
  const Json& list = config.is_array() ? config : config.at("layers");  // Keras < 2.2.3: a list
  std::vector<AnyLayer> layers;
  for (const Json& layer : list.items()) layers.push_back(layer_from_json(layer));
  NetworkOptions options;
  if (config.is_object()) {
    if (const Json* name = config.find("name"); name != nullptr && name->is_string()) {
      options.name = name->as_string();
    }
  }
  return Network(std::move(layers), std::move(options));
}

}  // namespace carnyx
