#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/optimizers/optimizer.h"

#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"
#include "saving/weights_limits.h"

namespace carnyx {
namespace {

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
      if (tensor.dtype() != spec.dtype || tensor.shape() != spec.shape) {
        fail(layer,
             format("'{}': expected {} of shape {}, found {} of shape {}",
                    spec.name,
                    name_of(spec.dtype),
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

OptimizerReading problem(std::string text) {
  return {.state = {}, .problem = std::move(text)};
}

/// Where the slots begin: after the iteration, and the learning rate unless a schedule gives it.
std::size_t first_slot(const Optimizer& optimizer) {
  return optimizer.learning_rate().schedule() == nullptr ? 2 : 1;
}

/// The number of derived variables that stand before the slots, where Keras had them before 3.10;
/// since then they stand behind.
std::size_t leading_derived(const Found& found,
                            const Optimizer& optimizer,
                            const std::vector<VariableSpec>& specs) {
  const std::size_t derived = optimizer.derived_variables(1).size();
  if (derived == 0 || specs.empty()) return 0;
  const Tensor& first = found.at(std::string(kOptimizerGroup), first_slot(optimizer));
  return first.shape().rank() == 0 && specs[0].shape.rank() != 0 ? derived : 0;
}

OptimizerReading read_optimizer(const Found& found,
                                const Optimizer& optimizer,
                                const std::vector<LayerVariables>& layers) {
  const std::string group(kOptimizerGroup);
  const std::vector<VariableSpec> specs = optimizer_layout(optimizer, layers);
  const std::size_t before = first_slot(optimizer);
  const std::size_t expected = before + specs.size() + optimizer.derived_variables(1).size();
  if (found.count(group) != expected) {
    return problem(format("expected {} variables, found {}", expected, found.count(group)));
  }
  for (std::size_t i = 0; i < before; ++i) {
    if (found.at(group, i).elements() != 1) {
      return problem("expected the iteration and the learning rate as single numbers");
    }
  }
  OptimizerState state{.iterations = static_cast<std::int64_t>(found.at(group, 0).at(0)),
                       .learning_rate = std::nullopt,
                       .variables = {}};
  if (before == 2) state.learning_rate = found.at(group, 1).at(0);
  const std::size_t first = before + leading_derived(found, optimizer, specs);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Tensor& tensor = found.at(group, first + i);
    if (tensor.dtype() != DType::Float32 || tensor.shape() != specs[i].shape) {
      return problem(format("'{}' has another shape", specs[i].name));
    }
    state.variables.push_back({specs[i].name, tensor});
  }
  return {.state = std::move(state), .problem = {}};
}

/// As above, for an optimizer that we may not know.
OptimizerReading read_optimizer(const Found& found,
                                const Json& config,
                                const std::vector<LayerVariables>& layers) {
  try {
    return read_optimizer(found, *optimizer_from_json(config), layers);
  } catch (const Error& error) {
    return problem(error.what());
  }
}

}  // namespace

void decode_weights(std::string_view file,
                    const std::string& where,
                    SavedModel& model,
                    std::uint64_t stored_bytes) {
  const std::vector<LayerVariables> layers = keras_layout(model.network);
  const WeightsLimits limits =
      weights_limits(layers, stored_bytes > 0 ? stored_bytes : file.size(), where);
  if (file.size() > limits.file_bytes) {
    throw CorruptData(
        format("{}: a weights file of {} bytes; the network and its optimizer need at most {}; "
               "expected the weights of a network of the same layers",
               where,
               file.size(),
               limits.file_bytes));
  }
  Found found(read_hdf5(file, where, limits.tensor_bytes), where);
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
