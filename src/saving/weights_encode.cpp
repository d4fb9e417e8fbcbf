#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/optimizers/optimizer.h"

#include "saving/hdf5_file.h"
#include "saving/keras_layout.h"
#include "saving/model_bytes.h"

namespace carnyx {
namespace {

/// Numbers kept as floats, as whole ones; 0 for what is none.
Tensor whole_numbers(const Tensor& tensor) {
  constexpr double kMost = 0x1p53;
  Tensor whole(DType::Int64, tensor.shape());
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    const double number = tensor.at(i);
    whole.data<std::int64_t>()[static_cast<std::size_t>(i)] =
        std::isnan(number) ? 0 : std::llround(std::clamp(number, -kMost, kMost));
  }
  return whole;
}

/// Takes tensors out of a model by name, in the dtype that files have them in.
class Given {
 public:
  Given(const std::vector<NamedTensor>& tensors, std::string_view what) : what_(what) {
    for (const NamedTensor& named : tensors) by_name_.emplace(named.name, &named.tensor);
  }

  Tensor take(const VariableSpec& spec) {
    const auto found = by_name_.find(spec.name);
    if (found == by_name_.end()) fail(spec.name, format("expected {}, found none", what_));
    const Tensor& tensor = *found->second;
    if (tensor.empty() || tensor.shape() != spec.shape) {
      fail(spec.name,
           format("expected the shape {}, found {}",
                  spec.shape.to_string(),
                  tensor.empty() ? "nothing" : tensor.shape().to_string()));
    }
    by_name_.erase(found);
    if (spec.dtype == DType::Int64) return whole_numbers(tensor);
    return tensor.dtype() == DType::Float32 ? tensor : tensor.as(DType::Float32);
  }
  void expect_none_left() const {
    if (by_name_.empty()) return;
    fail(std::string(by_name_.begin()->first), format("{} that the network has not", what_));
  }

 private:
  [[noreturn]] void fail(const std::string& name, const std::string& problem) const {
    throw InvalidArgument(format("saving a model: '{}': {}", name, problem));
  }

  std::string_view what_;
  std::map<std::string_view, const Tensor*> by_name_;
};

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
  Given given(state.variables, "an optimizer's variable");
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
  Given given(model.weights, "a weight");
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
