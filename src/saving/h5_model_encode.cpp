// A model as one HDF5 file, in the layout that Keras had before .keras.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/optimizers/optimizer.h"

#include "saving/given_tensors.h"
#include "saving/h5_dialect.h"
#include "saving/h5_optimizer_state.h"
#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"

namespace carnyx {
namespace {

TextAttribute text(std::string name, std::string value) {
  return {.name = std::move(name), .values = {std::move(value)}, .is_list = false};
}

/// Nobody asks for more of a version than whether it is 1.
std::string version_of(KerasCompat compat) {
  return compat == KerasCompat::Keras20 ? "2.0.4" : "2.3.1";
}

AttributedGroup first_group(const SavedModel& model, KerasCompat compat) {
  AttributedGroup group{
      .path = "",
      .attributes = {text("keras_version", version_of(compat)),
                     text("backend", "tensorflow"),
                     text("model_config", h5_model_config(model.network, compat).dump())}};
  const Json training = h5_training_config(model, compat);
  if (!training.is_null()) group.attributes.push_back(text("training_config", training.dump()));
  return group;
}

/// Datasets and their names as weight_names.
AttributedGroup weights_group(std::string path, std::vector<NamedTensor> weights) {
  TextAttribute names{.name = "weight_names", .values = {}};
  for (const NamedTensor& weight : weights) names.values.push_back(weight.name);
  return {.path = std::move(path), .attributes = {names}, .datasets = std::move(weights)};
}

/// A layer's group has its name, and must not lie inside another's.
void require_group_name(const std::string& layer) {
  const bool fits = !layer.empty() && layer != "." && layer != ".." &&
                    layer.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
  if (fits) return;
  throw InvalidArgument(
      format("saving a model: layer '{}': expected a name without slashes, which "
             "HDF5 takes for groups; rename the layer",
             printable(layer)));
}

std::vector<AttributedGroup> layer_groups(const SavedModel& model,
                                          const std::vector<LayerVariables>& layers,
                                          KerasCompat compat) {
  TextAttribute names{.name = "layer_names", .values = {}};
  for (const LayerVariables& layer : layers) {
    require_group_name(layer.layer);
    names.values.push_back(layer.layer);
  }
  std::vector<AttributedGroup> groups = {
      {.path = "model_weights",
       .attributes = {std::move(names),
                      text("backend", "tensorflow"),
                      text("keras_version", version_of(compat))}}};
  GivenTensors given(model.weights, "a weight");
  for (const LayerVariables& layer : layers) {
    std::vector<NamedTensor> weights;
    for (const VariableSpec& spec : layer.variables) {
      weights.push_back({spec.name + ":0", given.take(spec)});
    }
    groups.push_back(weights_group("model_weights/" + layer.layer, std::move(weights)));
  }
  given.expect_none_left();
  return groups;
}

}  // namespace

std::string encode_h5_model(const SavedModel& model, const H5Options& options) {
  const std::vector<LayerVariables> layers = keras_layout(model.network);
  std::vector<AttributedGroup> groups = {first_group(model, options.keras_compat)};
  for (AttributedGroup& group : layer_groups(model, layers, options.keras_compat)) {
    groups.push_back(std::move(group));
  }
  const Json* optimizer = optimizer_config(model.compile_config);
  if (options.include_optimizer_weights && model.optimizer && optimizer != nullptr) {
    groups.push_back(weights_group(
        "optimizer_weights",
        optimizer_state_to_h5(
            *model.optimizer, *optimizer_from_json(*optimizer), layers, options.keras_compat)));
  }
  return make_hdf5(groups);
}

}  // namespace carnyx
