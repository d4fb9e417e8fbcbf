// A graph as Keras 3 writes it: each layer with the calls of it, each call with what it is called
// on.
#include "models/functional_json.h"

#include <span>
#include <utility>
#include <vector>

#include "carnyx/layers/core.h"
#include "carnyx/layers/registry.h"

namespace carnyx {
namespace {

/// The shapes of all inputs and calls, as Keras writes them.
std::vector<Json> shapes_of(const Network& network) {
  GraphBuilder builder(Mode::Inference, 1);
  std::vector<Json> shapes;
  const auto add = [&](const Shape& shape) {
    Json axes = Json::array({Json()});
    for (const std::int64_t extent : std::span(shape.axes()).subspan(1)) axes.push_back(extent);
    shapes.push_back(std::move(axes));
  };
  const std::vector<Value> xs = network.input_values(builder);
  for (const Value x : xs) add(x.shape());
  network.build(builder, xs, [&](std::size_t, Value output) { add(output.shape()); });
  return shapes;
}

/// [layer, number of the call, number of the output].
Json history(const Network& network, std::size_t source) {
  const std::size_t inputs = network.inputs().size();
  if (source < inputs) return Json::array({network.inputs()[source].name, 0, 0});
  const Network::Call& call = network.calls()[source - inputs];
  return Json::array({network.layers()[call.layer].name, call.number, 0});
}

/// A call's node: the inputs in a list where the layer merges them.
Json node(const Network& network, const Network::Call& call, const std::vector<Json>& shapes) {
  Json inputs = Json::array();
  for (const std::size_t source : call.sources) {
    inputs.push_back(Json::object({{"class_name", "__keras_tensor__"},
                                   {"config",
                                    Json::object({{"shape", shapes[source]},
                                                  {"dtype", "float32"},
                                                  {"keras_history", history(network, source)}})}}));
  }
  const bool is_list = network.layers()[call.layer].layer->is_called_on_list();
  return Json::object({{"args", is_list ? Json::array({std::move(inputs)}) : std::move(inputs)},
                       {"kwargs", Json::object()}});
}

/// Each layer's nodes, in the order of their numbers.
std::vector<Json> nodes_of_layers(const Network& network) {
  const std::vector<Json> shapes = shapes_of(network);
  std::vector<std::vector<Json>> nodes(network.layers().size());
  for (const Network::Call& call : network.calls()) nodes[call.layer].emplace_back();
  for (const Network::Call& call : network.calls()) {
    nodes[call.layer][call.number] = node(network, call, shapes);
  }
  std::vector<Json> lists;
  for (const std::vector<Json>& list : nodes) lists.push_back(Json::array_of(list));
  return lists;
}

Json entry(const Layer& layer, const std::string& name, Json nodes) {
  return layer_to_json(layer, name).set("name", name).set("inbound_nodes", std::move(nodes));
}

}  // namespace

Json functional_to_json(const Network& network) {
  const std::vector<Json> nodes = nodes_of_layers(network);
  Json layers = Json::array();
  for (const Network::Row& row : network.rows()) {
    if (row.is_input) {
      const Network::NamedInput& input = network.inputs()[row.index];
      layers.push_back(entry(Input({input.shape->axes()}), input.name, Json::array()));
    } else {
      const Network::NamedLayer& named = network.layers()[row.index];
      layers.push_back(entry(*named.layer, named.name, nodes[row.index]));
    }
  }
  Json inputs = Json::array();
  for (std::size_t i = 0; i < network.inputs().size(); ++i) inputs.push_back(history(network, i));
  Json outputs = Json::array();
  for (const std::size_t output : network.outputs()) outputs.push_back(history(network, output));
  Json config = Json::object({{"name", network.name()},
                              {"trainable", true},
                              {"layers", std::move(layers)},
                              {"input_layers", std::move(inputs)},
                              {"output_layers", std::move(outputs)}});
  return Json::object({{"module", "keras.src.models.functional"},
                       {"class_name", "Functional"},
                       {"config", std::move(config)},
                       {"registered_name", "Functional"}});
}

}  // namespace carnyx
