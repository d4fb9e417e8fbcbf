#include "saving/keras_layout.h"

#include <algorithm>
#include <map>

namespace carnyx {
namespace {

/// The network's layers and their groups, without variables.
std::vector<LayerVariables> groups_of(const Network& network) {
  std::map<std::string, std::int64_t> counts;
  std::vector<LayerVariables> layers;
  for (const Network::NamedLayer& named : network.layers()) {
    std::string group = to_snake_case(named.layer->class_name());
    const std::int64_t number = counts[group]++;
    if (number > 0) group += "_" + std::to_string(number);
    layers.push_back({.path = "layers/" + group + "/vars", .layer = named.name, .variables = {}});
  }
  return layers;
}

}  // namespace

std::vector<LayerVariables> keras_layout(const Network& network) {
  std::vector<LayerVariables> layers = groups_of(network);
  GraphBuilder builder(Mode::Inference, 1);
  std::size_t seen = 0;
  network.build(builder, network.input_values(builder), [&](std::size_t layer, Value) {
    const auto& states = builder.graph().states();
    for (; seen < states.size(); ++seen) {
      const StateSpec& spec = states[seen].spec;
      checked_elements(spec.shape.axes(), spec.name);
      layers[layer].variables.push_back({spec.name, spec.shape, spec.trainable, spec.saved_as});
    }
  });
  for (LayerVariables& layer : layers) {
    std::stable_partition(layer.variables.begin(),
                          layer.variables.end(),
                          [](const VariableSpec& variable) { return variable.trainable; });
  }
  return layers;
}

const Json* optimizer_config(const Json& compile_config) {
  if (!compile_config.is_object()) return nullptr;
  const Json* optimizer = compile_config.find("optimizer");
  return optimizer == nullptr || optimizer->is_null() ? nullptr : optimizer;
}

std::vector<VariableSpec> optimizer_layout(const Optimizer& optimizer,
                                           const std::vector<LayerVariables>& layers) {
  std::vector<const VariableSpec*> weights;
  for (const LayerVariables& layer : layers) {
    for (const VariableSpec& weight : layer.variables) {
      if (weight.trainable) weights.push_back(&weight);
    }
  }
  std::vector<VariableSpec> variables;
  for (const auto& group : optimizer.slot_groups()) {
    for (const VariableSpec* weight : weights) {
      for (const std::string& slot : group) {
        variables.push_back({slot_name(slot, weight->name), weight->shape, false});
      }
    }
  }
  return variables;
}

}  // namespace carnyx
