#include "carnyx/models/network.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "models/drawn_graph.h"
#include "models/layer_names.h"

namespace carnyx {
namespace {

bool is_input_layer(const AnyLayer& layer) {
  return layer->class_name() == "InputLayer";
}

/// One layer under its name, which errors carry too.
Value build_layer(const Network::NamedLayer& named,
                  GraphBuilder& builder,
                  std::span<const Value> xs) {
  const GraphBuilder::Scope scope(builder, named.name);
  try {
    return named.layer->build_from(builder, xs);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument("layer '" + named.name + "' (" + named.layer->class_name() +
                          "): " + error.what());
  }
}

/// A graph's inputs, found by their calls.
class GraphInputs {
 public:
  explicit GraphInputs(const DrawnGraph& graph) : graph_(graph), by_layer_(graph.layers.size()) {
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) add(graph.inputs[i], i);
  }
  /// The input that a layer is; nothing for others.
  [[nodiscard]] std::optional<std::size_t> of_layer(std::size_t layer) const {
    return by_layer_[layer];
  }
  /// Throws InvalidArgument for what is called on nothing and no input, or an input that is called.
  void check(std::size_t call) const {
    const auto& [layer, sources] = graph_.calls[call];
    const bool is_listed = by_layer_[layer] && graph_.inputs[*by_layer_[layer]] == call;
    if (is_listed || (!sources.empty() && !is_input_layer(graph_.layers[layer].layer))) return;
    const std::string& name = graph_.layers[layer].name;
    if (!is_input_layer(graph_.layers[layer].layer)) {
      throw InvalidArgument(format("model: layer '{}' is called on nothing", name));
    }
    throw InvalidArgument(format(
        "model: an output depends on the input '{}', which is not among the inputs; list it, "
        "and call on what is listed",
        name));
  }

 private:
  void add(std::size_t call, std::size_t index) {
    const auto& [layer, sources] = graph_.calls[call];
    const auto& [name, input] = graph_.layers[layer];
    if (!is_input_layer(input) || !sources.empty() || !input->input_shape()) {
      throw InvalidArgument(
          format("model: expected inputs made of Input, got '{}' ({})", name, input->class_name()));
    }
    if (by_layer_[layer]) throw InvalidArgument(format("model: input '{}' is listed twice", name));
    by_layer_[layer] = index;
  }

  const DrawnGraph& graph_;
  std::vector<std::optional<std::size_t>> by_layer_;
};

}  // namespace

Network::Network(std::vector<AnyLayer> layers, NetworkOptions options)
    : options_(std::move(options)), inputs_(1) {
  LayerNames names(options_.naming);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::string name = names.name_of(*layers[i]);
    if (const auto shape = layers[i]->input_shape(); shape && i == 0) inputs_[0].shape = shape;
    if (is_input_layer(layers[i])) {
      if (i > 0) throw InvalidArgument("model: the input layer '" + name + "' must be the first");
      inputs_[0].name = std::move(name);
    } else {
      rows_.push_back({.is_input = false, .index = layers_.size()});
      layers_.push_back({std::move(name), std::move(layers[i])});
    }
  }
  if (inputs_[0].name.empty()) {
    inputs_[0].name = options_.naming == NamingStyle::Keras2 ? "input_1" : "input_layer";
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    calls_.push_back({.layer = i, .sources = {i}, .number = 0, .depth = layers_.size() - 1 - i});
  }
  outputs_ = {layers_.size()};
}

Network::Network(const FunctionalOptions& options)
    : Network({.name = options.name, .naming = options.naming}, drawn_graph(options)) {}

Network::Network(NetworkOptions options, const DrawnGraph& graph)
    : options_(std::move(options)), is_functional_(true) {
  if (graph.inputs.empty() || graph.outputs.empty()) {
    throw InvalidArgument(format("model '{}': expected inputs and outputs, got {} and {}",
                                 options_.name,
                                 graph.inputs.size(),
                                 graph.outputs.size()));
  }
  const GraphInputs inputs(graph);
  const KerasOrder order = keras_order(graph);
  for (const std::size_t call : order.calls) inputs.check(call);
  std::vector<std::size_t> places(graph.layers.size());
  for (const std::size_t layer : order.layers) {
    const std::optional<std::size_t> input = inputs.of_layer(layer);
    rows_.push_back({.is_input = input.has_value(), .index = input.value_or(layers_.size())});
    places[layer] = layers_.size();
    if (!input) layers_.push_back(graph.layers[layer]);
  }
  std::vector<std::size_t> values(graph.calls.size());  // where each call's output is
  for (const std::size_t call : graph.inputs) {
    const auto& [name, layer] = graph.layers[graph.calls[call].layer];
    values[call] = inputs_.size();
    inputs_.push_back({name, layer->input_shape()});
  }
  for (const std::size_t call : order.calls) {
    const auto& [layer, sources] = graph.calls[call];
    if (sources.empty()) continue;
    values[call] = inputs_.size() + calls_.size();
    calls_.push_back({.layer = places[layer],
                      .sources = {},
                      .number = order.numbers[call],
                      .depth = order.depths[call]});
    for (const std::size_t source : sources) calls_.back().sources.push_back(values[source]);
  }
  for (const std::size_t output : graph.outputs) outputs_.push_back(values[output]);
}

std::vector<std::string> Network::output_names() const {
  std::vector<std::string> names;
  for (const std::size_t output : outputs_) {
    names.push_back(output < inputs_.size() ? inputs_[output].name
                                            : layers_[calls_[output - inputs_.size()].layer].name);
  }
  return names;
}

bool Network::has_input_shape() const {
  return std::ranges::all_of(inputs_,
                             [](const NamedInput& input) { return input.shape.has_value(); });
}

const Network::NamedInput& Network::only_input() const {
  if (inputs_.size() == 1) return inputs_[0];
  throw InvalidArgument(
      format("model '{}': expected a model of one input, it has {}, the first of "
             "them '{}'",
             options_.name,
             inputs_.size(),
             inputs_[0].name));
}

const Shape& Network::input_shape() const {
  if (const auto& shape = only_input().shape) return *shape;
  throw InvalidArgument("model '" + options_.name +
                        "': the input's shape is not known; give the first "
                        "layer .input_shape, or begin with Input({.shape = {...}})");
}

Network Network::with_input_shape(const Shape& shape) const {
  const std::optional<Shape>& own = only_input().shape;
  if (own && *own != shape) {
    throw InvalidArgument("model '" + options_.name + "': expected samples of shape " +
                          own->to_string() + ", got " + shape.to_string());
  }
  Network shaped = *this;
  shaped.inputs_[0].shape = shape;
  return shaped;
}

std::vector<Value> Network::build(GraphBuilder& builder,
                                  std::span<const Value> xs,
                                  const CallVisitor& visit) const {
  if (xs.size() != inputs_.size()) {
    throw InvalidArgument(
        format("model '{}': expected {} inputs, got {}", options_.name, inputs_.size(), xs.size()));
  }
  std::vector<Value> values(xs.begin(), xs.end());
  std::vector<Value> sources;
  for (const Call& call : calls_) {
    sources.clear();
    for (const std::size_t source : call.sources) sources.push_back(values[source]);
    values.push_back(build_layer(layers_[call.layer], builder, sources));
    if (visit) visit(call.layer, values.back());
  }
  std::vector<Value> outputs;
  for (const std::size_t output : outputs_) outputs.push_back(values[output]);
  return outputs;
}

Value Network::build(GraphBuilder& builder, Value x) const {
  static_cast<void>(only_input());
  if (outputs_.size() > 1) {
    throw InvalidArgument(format(
        "model '{}': expected a model of one output, it has {}", options_.name, outputs_.size()));
  }
  return build(builder, std::span(&x, 1)).front();
}

}  // namespace carnyx
