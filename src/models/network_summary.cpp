// What a network's layers come to: shapes, parameters, connections.
#include <string>
#include <utility>
#include <vector>

#include "carnyx/models/network.h"

namespace carnyx {
namespace {

Shape without_batch(const Shape& shape) {
  return Shape(std::vector<std::int64_t>(shape.begin() + 1, shape.end()));
}

/// "dense[1][0]"; layers have one output, so the last index is always 0.
std::string connection(const Network& network, std::size_t source) {
  const std::size_t inputs = network.inputs().size();
  if (source < inputs) return network.inputs()[source].name + "[0][0]";
  const Network::Call& call = network.calls()[source - inputs];
  return network.layers()[call.layer].name + "[" + std::to_string(call.number) + "][0]";
}

/// Each layer's calls, in the order of their numbers.
std::vector<std::vector<std::size_t>> calls_of_layers(const Network& network) {
  std::vector<std::vector<std::size_t>> calls(network.layers().size());
  for (const Network::Call& call : network.calls()) calls[call.layer].emplace_back();
  for (std::size_t i = 0; i < network.calls().size(); ++i) {
    const Network::Call& call = network.calls()[i];
    calls[call.layer][call.number] = i;
  }
  return calls;
}

/// Adds the states that a layer has declared since the `counted` that were there before.
void count_states(const Graph& graph, std::size_t& counted, LayerSummary& row) {
  for (const auto& states = graph.states(); counted < states.size(); ++counted) {
    const StateSpec& spec = states[counted].spec;
    (spec.trainable ? row.trainable_parameters : row.other_parameters) += spec.shape.elements();
    if (!spec.trainable) row.other_bytes += spec.shape.elements() * size_of(spec.saved_as);
  }
}

}  // namespace

std::vector<Value> Network::input_values(GraphBuilder& builder) const {
  if (inputs_.size() == 1) return {builder.input(inputs_[0].name, input_shape())};
  std::vector<Value> xs;
  for (const NamedInput& input : inputs_) xs.push_back(builder.input(input.name, *input.shape));
  return xs;
}

std::vector<Shape> Network::output_shapes() const {
  GraphBuilder builder(Mode::Inference, 1);
  std::vector<Shape> shapes;
  for (const Value output : build(builder, input_values(builder))) {
    shapes.push_back(without_batch(output.shape()));
  }
  return shapes;
}

std::vector<LayerSummary> Network::summarize() const {
  std::vector<LayerSummary> layers;
  for (const NamedLayer& named : layers_) {
    layers.push_back({.name = named.name, .class_name = named.layer->class_name()});
  }
  GraphBuilder builder(Mode::Training, 1);
  std::vector<Shape> shapes;  // of calls
  std::size_t counted = 0;
  build(builder, input_values(builder), [&](std::size_t layer, Value output) {
    shapes.push_back(without_batch(output.shape()));
    count_states(builder.graph(), counted, layers[layer]);
  });
  const auto calls = calls_of_layers(*this);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const std::size_t call : calls[i]) {
      const bool is_first = call == calls[i].front();
      if (!is_first && shapes[call] != layers[i].output_shape) layers[i].has_several_shapes = true;
      layers[i].output_shape = shapes[call];
      if (!is_functional_) continue;
      for (const std::size_t source : calls_[call].sources) {
        layers[i].connections.push_back(connection(*this, source));
      }
    }
  }
  std::vector<LayerSummary> rows;
  for (const Row& row : rows_) {
    if (!row.is_input) {
      rows.push_back(std::move(layers[row.index]));
      continue;
    }
    const NamedInput& input = inputs_[row.index];
    rows.push_back({.name = input.name, .class_name = "InputLayer", .output_shape = *input.shape});
  }
  return rows;
}

}  // namespace carnyx
