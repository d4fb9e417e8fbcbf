#include "saving/keras_layout.h"

#include <algorithm>
#include <map>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

Value build(const Network::NamedLayer& named, GraphBuilder& builder, Value x) {
  const GraphBuilder::Scope scope(builder, named.name);
  try {
    return named.layer->build(builder, x);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(
        format("layer '{}' ({}): {}", named.name, named.layer->class_name(), error.what()));
  }
}

}  // namespace

std::vector<LayerVariables> keras_layout(const Network& network) {
  GraphBuilder builder(Mode::Inference, 1);
  Value x = builder.input("input", network.input_shape());
  std::map<std::string, std::int64_t> counts;
  std::vector<LayerVariables> layers;
  std::size_t seen = 0;
  for (const Network::NamedLayer& named : network.layers()) {
    x = build(named, builder, x);
    std::string group = to_snake_case(named.layer->class_name());
    const std::int64_t number = counts[group]++;
    if (number > 0) group += "_" + std::to_string(number);
    LayerVariables layer{.path = "layers/" + group + "/vars", .layer = named.name, .variables = {}};
    const auto& states = builder.graph().states();
    for (; seen < states.size(); ++seen) {
      const StateSpec& spec = states[seen].spec;
      checked_elements(spec.shape.axes(), spec.name);
      layer.variables.push_back({spec.name, spec.shape, spec.trainable, spec.saved_as});
    }
    std::stable_partition(layer.variables.begin(),
                          layer.variables.end(),
                          [](const VariableSpec& variable) { return variable.trainable; });
    layers.push_back(std::move(layer));
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
  std::vector<VariableSpec> variables;
  for (const auto& group : optimizer.slot_groups()) {
    for (const LayerVariables& layer : layers) {
      for (const VariableSpec& weight : layer.variables) {
        if (!weight.trainable) continue;
        for (const std::string& slot : group) {
          variables.push_back({slot_name(slot, weight.name), weight.shape, false});
        }
      }
    }
  }
  return variables;
}

}  // namespace carnyx
