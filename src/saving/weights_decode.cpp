#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"

#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"

namespace carnyx {
namespace {

constexpr std::size_t kFirstSlot = 2;  // after iteration and learning rate

/// What a file holds, by path.
class Found {
 public:
  Found(std::vector<NamedTensor> tensors, const std::string& where) : where_(where) {
    for (NamedTensor& named : tensors) by_path_.emplace(named.name, std::move(named.tensor));
  }

  /// The number of variables "0", "1", ... of a group.
  [[nodiscard]] std::size_t count(const std::string& group) const {
    std::size_t count = 0;
    while (by_path_.contains(group + "/" + std::to_string(count))) ++count;
    return count;
  }
  [[nodiscard]] const Tensor& at(const std::string& group, std::size_t index) const {
    return by_path_.at(group + "/" + std::to_string(index));
  }
  std::vector<NamedTensor> take(const LayerVariables& layer) {
    const std::size_t found = count(layer.path);
    if (found != layer.variables.size()) {
      fail(layer, format("expected {} variables, found {}", layer.variables.size(), found));
    }
    std::vector<NamedTensor> weights;
    for (std::size_t i = 0; i < found; ++i) {
      const VariableSpec& spec = layer.variables[i];
      Tensor tensor = at(layer.path, i);
      if (tensor.dtype() != DType::Float32 || tensor.shape() != spec.shape) {
        fail(layer,
             format("'{}': expected float32 of shape {}, found {} of shape {}",
                    spec.name,
                    spec.shape.to_string(),
                    name_of(tensor.dtype()),
                    tensor.shape().to_string()));
      }
      weights.push_back({spec.name, std::move(tensor)});
      by_path_.erase(layer.path + "/" + std::to_string(i));
    }
    return weights;
  }
  void expect_no_layer_left() const {
    const auto left = by_path_.lower_bound("layers/");
    if (left == by_path_.end() || !left->first.starts_with("layers/")) return;
    throw CorruptData(
        format("{}: /{}: no layer of the network has this variable; expected the "
               "weights of a network of the same layers",
               where_,
               left->first));
  }

 private:
  [[noreturn]] void fail(const LayerVariables& layer, const std::string& problem) const {
    throw CorruptData(format("{}: /{}: layer '{}': {}", where_, layer.path, layer.layer, problem));
  }

  const std::string& where_;
  std::map<std::string, Tensor> by_path_;
};

/// The optimizer's state, or what keeps it from being used.
struct OptimizerReading {
  std::optional<OptimizerState> state;
  std::string problem;
};

OptimizerReading read_optimizer(const Found& found,
                                const Json& config,
                                const std::vector<LayerVariables>& layers) {
  const std::string group(kOptimizerGroup);
  const std::size_t count = found.count(group);
  std::vector<VariableSpec> specs;
  try {
    specs = optimizer_layout(config, layers);
  } catch (const Error& error) {
    return {.state = {}, .problem = error.what()};
  }
  if (count != kFirstSlot + specs.size()) {
    return {.state = {},
            .problem = format("expected {} variables, found {}", kFirstSlot + specs.size(), count)};
  }
  const Tensor& iterations = found.at(group, 0);
  const Tensor& learning_rate = found.at(group, 1);
  if (iterations.elements() != 1 || learning_rate.elements() != 1) {
    return {.state = {}, .problem = "expected one iteration and one learning rate"};
  }
  OptimizerState state{.iterations = static_cast<std::int64_t>(iterations.at(0)),
                       .learning_rate = learning_rate.at(0),
                       .variables = {}};
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Tensor& tensor = found.at(group, kFirstSlot + i);
    if (tensor.dtype() != DType::Float32 || tensor.shape() != specs[i].shape) {
      return {.state = {}, .problem = format("'{}' has another shape", specs[i].name)};
    }
    state.variables.push_back({specs[i].name, tensor});
  }
  return {.state = std::move(state), .problem = {}};
}

/// Bytes that the network's weights and an optimizer's state can have; a file of `file_bytes`,
/// whose parts may be deflated, holds no more than a multiple of its size.
std::uint64_t most_bytes(const std::vector<LayerVariables>& layers, std::size_t file_bytes) {
  constexpr std::uint64_t kMostInflation = 1032;
  constexpr std::uint64_t kCopies = 5;  // the weight and, in Keras, at most four slots
  constexpr std::uint64_t kBeside = std::uint64_t{64} << 10;  // iteration, learning rate, ...
  const std::uint64_t most = file_bytes * kMostInflation;
  std::uint64_t bytes = kBeside;
  for (const LayerVariables& layer : layers) {
    for (const VariableSpec& spec : layer.variables) {
      const auto elements = static_cast<std::uint64_t>(spec.shape.elements());
      if (elements > most) return most;
      bytes = std::min(most, bytes + elements * sizeof(float) * kCopies);
    }
  }
  return bytes;
}

}  // namespace

void decode_weights(std::string_view file, const std::string& where, SavedModel& model) {
  const std::vector<LayerVariables> layers = keras_layout(model.network);
  Found found(read_hdf5(file, where, most_bytes(layers, file.size())), where);
  std::vector<NamedTensor> weights;
  for (const LayerVariables& layer : layers) {
    for (NamedTensor& named : found.take(layer)) weights.push_back(std::move(named));
  }
  found.expect_no_layer_left();
  model.weights = std::move(weights);
  model.optimizer.reset();
  const Json* config = optimizer_config(model.compile_config);
  if (config == nullptr || found.count(std::string(kOptimizerGroup)) == 0) return;
  OptimizerReading reading = read_optimizer(found, *config, layers);
  model.optimizer = std::move(reading.state);
  if (!model.optimizer) {
    log::warning("the optimizer's state can't be used; it begins anew",
                 {{"path", where}, {"reason", reading.problem}});
  }
}

}  // namespace carnyx
