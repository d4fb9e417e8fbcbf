// A graph as a config of Keras 2 or 3 describes it. A layer has a list of nodes, its calls; a node
// names what it is called on by layer, node and output. Keras 3 writes a node as arguments among
// which there are tensors, Keras 2 as a list of [layer, node, output, options].
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/layers/registry.h"

#include "models/functional_json.h"

namespace carnyx {
namespace {

/// What tf.keras makes of `x + y` and the like.
struct TensorFlowFunction {
  std::string_view function;
  std::string_view class_name;
};
constexpr std::array kFunctions = {TensorFlowFunction{"__operators__.add", "Add"},
                                   TensorFlowFunction{"math.add", "Add"},
                                   TensorFlowFunction{"math.subtract", "Subtract"},
                                   TensorFlowFunction{"math.multiply", "Multiply"},
                                   TensorFlowFunction{"math.maximum", "Maximum"},
                                   TensorFlowFunction{"math.minimum", "Minimum"}};

/// The layer that does what the function does; its two inputs have one rank there.
AnyLayer layer_of_function(const Json& config, const std::string& name) {
  const std::string& function = config.at("function").as_string();
  const auto* found = std::ranges::find(kFunctions, function, &TensorFlowFunction::function);
  if (found == kFunctions.end()) {
    throw InvalidArgument(
        format("layer '{}': TensorFlow's function '{}' can't be loaded, only sums, differences, "
               "products, maxima and minima of two layers; put a layer in its place",
               name,
               function));
  }
  return layer_from_json(Json::object(
      {{"class_name", found->class_name}, {"config", Json::object({{"name", name}})}}));
}

bool is_reference(const Json& json) {
  return json.is_array() && json.size() >= 3 && json.at(std::size_t{0}).is_string();
}

class FunctionalReader {
 public:
  explicit FunctionalReader(const Json& config) : config_(config) {}

  DrawnGraph read() {
    for (const Json& layer : config_.at("layers").items()) add_layer(layer);
    std::size_t call = 0;
    for (const Json& layer : config_.at("layers").items()) {
      if (is_input(layer)) {
        ++call;
        continue;
      }
      for (const Json& node : layer.at("inbound_nodes").items()) {
        where_ = name_of(layer);
        calls_on(node, graph_.calls[call++].sources);
      }
    }
    where_ = "input_layers";
    add_ends(config_.at("input_layers"), graph_.inputs);
    where_ = "output_layers";
    add_ends(config_.at("output_layers"), graph_.outputs);
    return std::move(graph_);
  }

 private:
  struct Calls {
    std::size_t first;
    std::size_t count;
  };

  static const std::string& name_of(const Json& layer) {
    const Json* name = layer.find("name");  // tf.keras can have another in the config's
    return (name != nullptr && name->is_string() ? *name : layer.at("config").at("name"))
        .as_string();
  }
  static bool is_input(const Json& layer) {
    return layer.at("class_name").as_string() == "InputLayer";
  }

  [[noreturn]] void fail(const Json& json, std::string_view problem) const {
    throw InvalidArgument(format("model config: {}: '{}': {}", json.place(), where_, problem));
  }

  void add_layer(const Json& layer) {
    refuse_model_as_layer(layer);
    const std::string& name = name_of(layer);
    const std::size_t nodes = is_input(layer) ? 1 : layer.at("inbound_nodes").size();
    if (!calls_.try_emplace(name, Calls{graph_.calls.size(), nodes}).second) {
      throw InvalidArgument(
          format("model: every layer needs a name of its own, got '{}' twice", name));
    }
    const bool is_function = layer.at("class_name").as_string() == "TFOpLambda";
    graph_.calls.insert(graph_.calls.end(), nodes, {graph_.layers.size(), {}});
    graph_.layers.push_back(
        {name, is_function ? layer_of_function(layer.at("config"), name) : layer_from_json(layer)});
  }

  /// The call that [layer, node, output, ...] names.
  [[nodiscard]] std::size_t call_at(const Json& reference) const {
    const std::string& layer = reference.at(std::size_t{0}).as_string();
    const std::int64_t node = reference.at(1).as_int();
    const std::int64_t output = reference.at(2).as_int();
    const auto found = calls_.find(layer);
    if (found == calls_.end()) {
      fail(reference, format("expected the name of a layer, got '{}'", layer));
    }
    const auto count = static_cast<std::int64_t>(found->second.count);
    if (node < 0 || node >= count || output != 0) {
      fail(reference,
           format("expected output 0 of one of the {} calls of '{}', got output {} of call {}",
                  count,
                  layer,
                  output,
                  node));
    }
    return found->second.first + static_cast<std::size_t>(node);
  }

  void calls_on(const Json& node, std::vector<std::size_t>& sources) const {
    if (node.is_object()) return keras3_node(node, sources);
    if (is_reference(node)) return keras2_input(node, sources);
    for (const Json& input : node.items()) keras2_input(input, sources);
  }

  void keras2_input(const Json& input, std::vector<std::size_t>& sources) const {
    if (!is_reference(input)) {
      fail(input, format("expected [layer, node, output], got {}", input.describe()));
    }
    if (input.at(std::size_t{0}).as_string() == "_CONSTANT_VALUE") refuse_number(input);
    sources.push_back(call_at(input));
    if (input.size() < 4) return;
    for (const auto& [key, value] : input.at(3).members()) {
      if (value.is_null()) continue;
      if (key == "y" && value.is_number()) refuse_number(value);
      if (key != "y" || !is_reference(value)) refuse_option(key, value);
      sources.push_back(call_at(value));
    }
  }

  void keras3_node(const Json& node, std::vector<std::size_t>& sources) const {
    keras3_arguments(node.at("args"), sources);
    const Json* options = node.find("kwargs");
    if (options == nullptr || options->is_null()) return;
    for (const auto& [key, value] : options->members()) {
      // Keras 3 notes the mode in which the graph was drawn; models run in one of their own.
      const bool is_default = key == "training" && value.is_bool() && !value.as_bool();
      if (!value.is_null() && !is_default) refuse_option(key, value);
    }
  }

  void keras3_arguments(const Json& argument, std::vector<std::size_t>& sources) const {
    if (argument.is_array()) {
      for (const Json& item : argument.items()) keras3_arguments(item, sources);
    } else if (argument.is_object()) {
      if (argument.at("class_name").as_string() != "__keras_tensor__") refuse_number(argument);
      sources.push_back(call_at(argument.at("config").at("keras_history")));
    } else if (!argument.is_null()) {
      refuse_number(argument);
    }
  }

  [[noreturn]] void refuse_number(const Json& json) const {
    fail(json,
         format("it is called on {} beside layers, which can't be loaded; put a layer such as "
                "Rescaling in its place",
                json.describe()));
  }
  [[noreturn]] void refuse_option(std::string_view key, const Json& value) const {
    fail(value, format("it is called with {} = {}, which can't be loaded", key, value.describe()));
  }

  /// One end, or a list of them, or names with them, which Keras sorts.
  void add_ends(const Json& ends, std::vector<std::size_t>& calls) const {
    if (is_reference(ends)) {
      calls.push_back(call_at(ends));
    } else if (ends.is_object()) {
      std::map<std::string_view, const Json*> sorted;
      for (const auto& [name, end] : ends.members()) sorted.emplace(name, &end);
      for (const auto& [name, end] : sorted) add_ends(*end, calls);
    } else {
      for (const Json& end : ends.items()) add_ends(end, calls);
    }
  }

  const Json& config_;
  std::string where_;
  std::map<std::string, Calls, std::less<>> calls_;  // by layer
  DrawnGraph graph_;
};

}  // namespace

DrawnGraph drawn_graph(const Json& config) {
  return FunctionalReader(config).read();
}

void refuse_model_as_layer(const Json& layer) {
  constexpr std::array<std::string_view, 3> kModels = {"Sequential", "Functional", "Model"};
  const std::string& class_name = layer.at("class_name").as_string();
  if (std::ranges::find(kModels, class_name) == kModels.end()) return;
  const Json* name = layer.at("config").is_object() ? layer.at("config").find("name") : nullptr;
  throw InvalidArgument(
      format("model config: layer '{}' is a whole model ({}), which can't be loaded yet; make one "
             "model of it by calling its layers one after the other",
             name != nullptr && name->is_string() ? name->as_string() : class_name,
             class_name));
}

}  // namespace carnyx
