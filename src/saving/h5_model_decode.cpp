// A model from one HDF5 file, of any Keras. Its weights are found as Keras finds them: the layers
// that have some, in order, and the names that the file lists for each; no name is ever derived.
#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/optimizers/optimizer.h"

#include "saving/h5_optimizer_state.h"
#include "saving/h5_training_config.h"
#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"
#include "saving/model_config.h"
#include "saving/weights_limits.h"

namespace carnyx {
namespace {

const std::string kModelWeights = "model_weights";
const std::string kOptimizerWeights = "optimizer_weights";

/// The attributes of a file's groups.
class Attributes {
 public:
  Attributes(std::vector<AttributedGroup> groups, const std::string& where) : where_(where) {
    for (AttributedGroup& group : groups) {
      for (TextAttribute& attribute : group.attributes) {
        found_[{group.path, attribute.name}] = std::move(attribute.values);
      }
    }
  }

  /// Null if it is not there.
  [[nodiscard]] const std::vector<std::string>* find(const std::string& group,
                                                     const std::string& name) const {
    const auto found = found_.find({group, name});
    return found == found_.end() ? nullptr : &found->second;
  }
  /// The JSON of one of the first group's; nothing if it is not there.
  [[nodiscard]] std::optional<Json> json(const std::string& name) const {
    const std::vector<std::string>* texts = find("", name);
    if (texts == nullptr) return std::nullopt;
    if (texts->size() != 1 || texts->front().size() > kMostConfigBytes) {
      throw CorruptData(format("{}: attribute {}: expected one string of at most {} bytes",
                               where_,
                               name,
                               kMostConfigBytes));
    }
    return Json::parse(texts->front(), where_ + ": " + name);
  }

 private:
  const std::string& where_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> found_;
};

/// A path as HDF5 takes it: "/variable" and "a//b" are "variable" and "a/b".
std::string joined(const std::string& group, const std::string& name) {
  std::string path = group;
  std::size_t begin = 0;
  while (begin < name.size()) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (end > begin) path += (path.empty() ? "" : "/") + name.substr(begin, end - begin);
    begin = end + 1;
  }
  return printable(path);
}

/// Tensors of a file by path.
using Tensors = std::map<std::string, Tensor>;

/// The tensors that a group's weight_names lists, under those names.
std::vector<NamedTensor> listed(const std::string& group,
                                const Attributes& attributes,
                                const Tensors& tensors,
                                const std::string& where) {
  std::vector<NamedTensor> weights;
  const std::vector<std::string>* names = attributes.find(group, "weight_names");
  if (names == nullptr) return weights;
  for (const std::string& name : *names) {
    const auto found = tensors.find(joined(group, name));
    if (found == tensors.end()) {
      throw CorruptData(
          format("{}: /{}: expected the dataset '{}' that its weight_names lists, "
                 "found none",
                 where,
                 group,
                 printable(name)));
    }
    weights.push_back({name, found->second});
  }
  return weights;
}

/// A layer of the file that has weights.
struct SavedLayer {
  std::string group;
  std::vector<NamedTensor> weights;
};

std::vector<SavedLayer> layers_with_weights(const std::string& top,
                                            const Attributes& attributes,
                                            const Tensors& tensors,
                                            const std::string& where) {
  std::vector<SavedLayer> layers;
  for (const std::string& name : *attributes.find(top, "layer_names")) {
    SavedLayer layer{.group = joined(top, name), .weights = {}};
    layer.weights = listed(layer.group, attributes, tensors, where);
    if (!layer.weights.empty()) layers.push_back(std::move(layer));
  }
  return layers;
}

/// Convolutions of these are stored in other ways than the others'.
void refuse_other_kernels(const SavedLayer& layer,
                          const std::string& top,
                          const Attributes& attributes,
                          const std::string& where) {
  const auto is_wide = [](const NamedTensor& weight) { return weight.tensor.shape().rank() > 2; };
  const std::vector<std::string>* backend = attributes.find(top, "backend");
  if (backend == nullptr || backend->empty() || std::ranges::none_of(layer.weights, is_wide))
    return;
  const std::string& name = backend->front();
  if (name != "theano" && name != "mxnet") return;
  throw CorruptData(
      format("{}: /{}: kernels of the backend {} are stored in another order, which "
             "can't be read yet; save the model again under TensorFlow",
             where,
             layer.group,
             name));
}

void add_weights(const SavedLayer& saved,
                 const LayerVariables& layer,
                 const std::string& where,
                 std::vector<NamedTensor>& weights) {
  const std::string place = format("{}: /{}: layer '{}'", where, saved.group, layer.layer);
  if (saved.weights.size() != layer.variables.size()) {
    throw CorruptData(format(
        "{}: expected {} weights, found {}", place, layer.variables.size(), saved.weights.size()));
  }
  for (std::size_t i = 0; i < layer.variables.size(); ++i) {
    const VariableSpec& spec = layer.variables[i];
    const Tensor& tensor = saved.weights[i].tensor;
    if (tensor.dtype() != spec.dtype || tensor.shape() != spec.shape) {
      throw CorruptData(format("{}: '{}': expected {} of shape {}, found {} of shape {}",
                               place,
                               spec.name,
                               name_of(spec.dtype),
                               spec.shape.to_string(),
                               name_of(tensor.dtype()),
                               tensor.shape().to_string()));
    }
    weights.push_back({spec.name, tensor});
  }
}

std::vector<NamedTensor> matched(const std::vector<SavedLayer>& saved,
                                 const std::vector<LayerVariables>& layers,
                                 const std::string& where) {
  std::vector<const LayerVariables*> own;
  for (const LayerVariables& layer : layers) {
    if (!layer.variables.empty()) own.push_back(&layer);
  }
  if (saved.size() != own.size()) {
    throw CorruptData(format("{}: expected {} layers with weights as the network has, found {}",
                             where,
                             own.size(),
                             saved.size()));
  }
  std::vector<NamedTensor> weights;
  for (std::size_t i = 0; i < own.size(); ++i) add_weights(saved[i], *own[i], where, weights);
  return weights;
}

std::optional<OptimizerState> optimizer_state(const Attributes& attributes,
                                              const Tensors& tensors,
                                              const Json& config,
                                              const std::vector<LayerVariables>& layers,
                                              const std::string& where) {
  try {
    const std::vector<NamedTensor> saved = listed(kOptimizerWeights, attributes, tensors, where);
    if (saved.empty()) return std::nullopt;
    return optimizer_state_from_h5(saved, *optimizer_from_json(config), layers);
  } catch (const Error& error) {
    log::warning("the optimizer's state can't be used; it begins anew",
                 {{"path", where}, {"reason", error.what()}});
    return std::nullopt;
  }
}

/// libhdf5 reads from memory, three times the file's; what can be needed is known from the network
/// alone, and here that is in the file.
void require_readable(std::string_view file, const std::string& where) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{2} << 30;
  if (file.size() <= kMostBytes) return;
  throw CorruptData(format(
      "{}: expected a whole model of at most {} bytes, found {}; save it as .keras, which has "
      "no such limit",
      where,
      kMostBytes,
      file.size()));
}

/// An HDF5 file says where it ends, at a place that follows from its version. Throws CorruptData if
/// that is nowhere near its size: a copy that broke off, or one padded to cost memory.
void require_own_size(std::string_view file, const std::string& where) {
  constexpr std::size_t kVersionByte = 8;
  if (file.size() < 64) throw CorruptData(format("{}: cut short: {} bytes", where, file.size()));
  const std::size_t place = file[kVersionByte] < 2 ? 40 : 28;
  std::uint64_t end = 0;
  std::memcpy(&end, file.data() + place, sizeof(end));
  constexpr std::uint64_t kSlack = std::uint64_t{1} << 20;  // after it there may be anything
  if (end <= file.size() && file.size() - end <= kSlack) return;
  throw CorruptData(
      format("{}: says that it ends at byte {}, and has {}; it is cut short, or no HDF5 file",
             where,
             end,
             file.size()));
}

/// Replaces a model's weights and optimizer by those under the group `top`.
void read_into(std::string_view file,
               const std::string& where,
               const std::string& top,
               const Attributes& attributes,
               SavedModel& model) {
  const std::vector<LayerVariables> layers = keras_layout(model.network);
  const WeightsLimits limits = weights_limits(layers, file.size(), where);
  Tensors tensors;
  for (NamedTensor& named : read_hdf5(file, where, limits.tensor_bytes)) {
    tensors.emplace(std::move(named.name), std::move(named.tensor));
  }
  const std::vector<SavedLayer> saved = layers_with_weights(top, attributes, tensors, where);
  for (const SavedLayer& layer : saved) refuse_other_kernels(layer, top, attributes, where);
  model.weights = matched(saved, layers, where);
  const Json* config = optimizer_config(model.compile_config);
  model.optimizer.reset();
  if (config != nullptr) {
    model.optimizer = optimizer_state(attributes, tensors, *config, layers, where);
  }
}

}  // namespace

SavedModel decode_h5_model(std::string_view file, const std::string& where) {
  require_own_size(file, where);
  require_readable(file, where);
  const Attributes attributes(read_hdf5_attributes(file, where), where);
  const std::optional<Json> config = attributes.json("model_config");
  if (!config) {
    throw CorruptData(
        format("{}: expected a whole model, found HDF5 without the attribute model_config: weights "
               "alone; load them into a network of the same layers",
               where));
  }
  if (attributes.find(kModelWeights, "layer_names") == nullptr) {
    throw CorruptData(
        format("{}: /{}: expected the attribute layer_names, found none", where, kModelWeights));
  }
  return blaming(where, [&] {
    SavedModel model = model_from_config(*config);
    if (const auto training = attributes.json("training_config")) {
      model.compile_config = compile_config_from_h5(*training, where);
    }
    read_into(file, where, kModelWeights, attributes, model);
    return model;
  });
}

bool decode_h5_weights(std::string_view file, const std::string& where, SavedModel& model) {
  const WeightsLimits limits = weights_limits(keras_layout(model.network), file.size(), where);
  if (file.size() > limits.file_bytes) return false;  // what reads weights alone says so
  const Attributes attributes(read_hdf5_attributes(file, where), where);
  for (const std::string& top : {std::string(), kModelWeights}) {
    if (attributes.find(top, "layer_names") == nullptr) continue;
    read_into(file, where, top, attributes, model);
    return true;
  }
  return false;
}

}  // namespace carnyx
