#include <span>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/optimizers/optimizer.h"

#include "saving/given_tensors.h"
#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"

namespace carnyx {
namespace {

template <class T>
Tensor scalar(T value) {
  return Tensor::from<T>(Shape(), std::span<const T>(&value, 1));
}

VariableGroup optimizer_group(const SavedModel& model, const std::vector<LayerVariables>& layers) {
  const Json* config = optimizer_config(model.compile_config);
  if (config == nullptr) {
    throw InvalidArgument("saving a model: the state of an optimizer needs its compile_config");
  }
  const OptimizerState& state = *model.optimizer;
  const Json* options = config->is_object() ? config->find("config") : nullptr;
  const Json* name = options != nullptr && options->is_object() ? options->find("name") : nullptr;
  VariableGroup group{.path = std::string(kOptimizerGroup), .name = "optimizer", .variables = {}};
  if (name != nullptr && name->is_string()) group.name = name->as_string();
  const AnyOptimizer optimizer = optimizer_from_json(*config);
  group.variables.push_back(scalar(state.iterations));
  if (optimizer->learning_rate().schedule() == nullptr) {
    const double rate = state.learning_rate.value_or(optimizer->learning_rate().at(0));
    group.variables.push_back(scalar(static_cast<float>(rate)));
  }
  GivenTensors given(state.variables, "an optimizer's variable");
  for (const VariableSpec& spec : optimizer_layout(*optimizer, layers)) {
    group.variables.push_back(given.take(spec));
  }
  given.expect_none_left();
  for (const double number : optimizer->derived_variables(state.iterations)) {
    group.variables.push_back(scalar(static_cast<float>(number)));
  }
  return group;
}

}  // namespace

std::string encode_weights(const SavedModel& model) {
  const std::vector<LayerVariables> layers = keras_layout(model.network);
  std::vector<VariableGroup> groups;
  GivenTensors given(model.weights, "a weight");
  for (const LayerVariables& layer : layers) {
    VariableGroup group{.path = layer.path, .name = layer.layer, .variables = {}};
    for (const VariableSpec& spec : layer.variables) group.variables.push_back(given.take(spec));
    groups.push_back(std::move(group));
  }
  given.expect_none_left();
  if (model.optimizer) groups.push_back(optimizer_group(model, layers));
  groups.push_back({.path = "vars", .name = model.network.name(), .variables = {}});
  return make_hdf5(groups);
}

}  // namespace carnyx
