#include "saving/h5_optimizer_state.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

std::vector<const VariableSpec*> trainable(const std::vector<LayerVariables>& layers) {
  std::vector<const VariableSpec*> weights;
  for (const LayerVariables& layer : layers) {
    for (const VariableSpec& weight : layer.variables) {
      if (weight.trainable) weights.push_back(&weight);
    }
  }
  return weights;
}

/// All of the first slot, then all of the second: before tf.keras 2.11.
std::vector<VariableSpec> by_slot(const Optimizer& optimizer,
                                  const std::vector<LayerVariables>& layers) {
  std::vector<VariableSpec> variables;
  for (const auto& group : optimizer.slot_groups()) {
    for (const std::string& slot : group) {
      for (const VariableSpec* weight : trainable(layers)) {
        variables.push_back({slot_name(slot, weight->name), weight->shape, false});
      }
    }
  }
  return variables;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// "Adam", "m" and "dense/kernel:0" of "Adam/m/dense/kernel:0"; empty where there is less.
std::array<std::string_view, 3> parts_of(std::string_view name) {
  std::array<std::string_view, 3> parts;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) return {};
    parts[i] = name.substr(0, slash);
    name.remove_prefix(slash + 1);
  }
  parts[2] = name;
  return parts;
}

/// The name before "_SLOT"; empty if it does not end so.
std::string_view stem_of(std::string_view name, const std::string& slot) {
  return name.ends_with("_" + slot) ? name.substr(0, name.size() - slot.size() - 1)
                                    : std::string_view();
}

/// Whether two slots that follow each other are those of one weight. Older tf.keras writes the
/// first slot of all weights before the second, layer by layer: Adam/dense/kernel/m:0,
/// Adam/dense_1/kernel/m:0.
/// tf.keras from 2.11 on: Adam/m/dense/kernel:0, Adam/v/dense/kernel:0;
/// Keras 3: adam/sequential_dense_kernel_momentum, adam/sequential_dense_kernel_velocity.
bool are_of_one_weight(std::string_view first,
                       std::string_view second,
                       const Optimizer& optimizer,
                       const std::vector<LayerVariables>& layers) {
  const auto a = parts_of(first);
  const auto b = parts_of(second);
  const auto is_layer = [&](std::string_view name) {
    return std::ranges::find(layers, name, &LayerVariables::layer) != layers.end();
  };
  if (!a[2].empty() && a[2] == b[2] && a[0] == b[0]) return a[1] != b[1] && !is_layer(a[1]);
  return std::ranges::any_of(optimizer.slot_groups(), [&](const std::vector<std::string>& group) {
    if (group.size() < 2) return false;
    const std::string_view stem = stem_of(first, group[0]);
    return !stem.empty() && stem == stem_of(second, group[1]);
  });
}

bool is_by_weight(const std::vector<const NamedTensor*>& slots,
                  const Optimizer& optimizer,
                  const std::vector<LayerVariables>& layers) {
  return std::ranges::adjacent_find(slots, [&](const NamedTensor* a, const NamedTensor* b) {
           return are_of_one_weight(a->name, b->name, optimizer, layers);
         }) != slots.end();
}

/// Takes the single numbers out: the iterations and the learning rate; others only follow from
/// them.
std::vector<const NamedTensor*> take_numbers(std::span<const NamedTensor> saved,
                                             OptimizerState& state) {
  std::vector<const NamedTensor*> slots;
  bool has_iterations = false;
  for (const NamedTensor& variable : saved) {
    if (variable.tensor.shape().rank() != 0) {
      slots.push_back(&variable);
    } else if (contains(variable.name, "learning_rate")) {
      state.learning_rate = variable.tensor.at(0);
    } else if (!std::exchange(has_iterations, true)) {
      const double iterations = variable.tensor.at(0);
      constexpr double kMost = 9e15;  // what a double counts one by one
      if (!(iterations >= 0 && iterations <= kMost)) {
        throw CorruptData(format("its iterations are {}", iterations));
      }
      state.iterations = static_cast<std::int64_t>(iterations);
    }
  }
  return slots;
}

/// Without what Keras 2 kept for nothing: SGD's moments when it has no momentum, and for Adam
/// without amsgrad a single zero for each weight.
void drop_unused(std::vector<const NamedTensor*>& slots, std::size_t used) {
  if (slots.size() <= used) return;
  const bool are_unused =
      used == 0 ||
      std::all_of(slots.begin() + static_cast<std::ptrdiff_t>(used),
                  slots.end(),
                  [](const NamedTensor* slot) { return slot->tensor.elements() == 1; });
  if (are_unused) slots.resize(used);
}

bool fit(const std::vector<const NamedTensor*>& slots, const std::vector<VariableSpec>& specs) {
  return std::ranges::equal(slots, specs, [](const NamedTensor* slot, const VariableSpec& spec) {
    return slot->tensor.dtype() == DType::Float32 && slot->tensor.shape() == spec.shape;
  });
}

/// Keras 2.0 counts no iterations for these.
bool counts_in_keras20(const Optimizer& optimizer) {
  const std::string name = optimizer.class_name();
  return name != "RMSprop" && name != "Adagrad" && name != "Adadelta";
}

const Tensor& slot_of(const OptimizerState& state, const VariableSpec& spec) {
  const auto found = std::ranges::find(state.variables, spec.name, &NamedTensor::name);
  if (found == state.variables.end() || found->tensor.shape() != spec.shape) {
    throw InvalidArgument(
        format("saving a model: '{}': expected an optimizer's variable of shape {}",
               spec.name,
               spec.shape.to_string()));
  }
  return found->tensor;
}

template <class T>
Tensor number(T value) {
  return Tensor::from<T>(Shape(), std::span<const T>(&value, 1));
}

}  // namespace

OptimizerState optimizer_state_from_h5(std::span<const NamedTensor> saved,
                                       const Optimizer& optimizer,
                                       const std::vector<LayerVariables>& layers) {
  OptimizerState state;
  std::vector<const NamedTensor*> slots = take_numbers(saved, state);
  const std::vector<VariableSpec> keras3 = optimizer_layout(optimizer, layers);
  drop_unused(slots, keras3.size());
  if (slots.size() != keras3.size()) {
    throw CorruptData(format("expected {} slots, found {}", keras3.size(), slots.size()));
  }
  const std::vector<VariableSpec> order =
      is_by_weight(slots, optimizer, layers) ? keras3 : by_slot(optimizer, layers);
  if (!fit(slots, order)) throw CorruptData("its slots have other shapes than the weights");
  for (const VariableSpec& spec : keras3) {
    const auto at = std::ranges::find(order, spec.name, &VariableSpec::name) - order.begin();
    state.variables.push_back({spec.name, slots[static_cast<std::size_t>(at)]->tensor});
  }
  return state;
}

std::vector<NamedTensor> optimizer_state_to_h5(const OptimizerState& state,
                                               const Optimizer& optimizer,
                                               const std::vector<LayerVariables>& layers,
                                               KerasCompat compat) {
  const bool is_keras20 = compat == KerasCompat::Keras20;
  const std::string prefix = optimizer.class_name() + "/";
  std::vector<NamedTensor> saved;
  if (!is_keras20 || counts_in_keras20(optimizer)) {
    saved.push_back({prefix + "iter:0", number(state.iterations)});
  }
  if (!is_keras20) {  // Nadam's momentum_cache is the only one
    for (const double derived : optimizer.derived_variables(state.iterations)) {
      saved.push_back({prefix + "momentum_cache:0", number(static_cast<float>(derived))});
    }
  }
  for (const VariableSpec& spec : by_slot(optimizer, layers)) {
    const std::size_t slash = spec.name.find('/');
    const std::string weight = spec.name.substr(slash + 1);
    saved.push_back(
        {prefix + weight + "/" + spec.name.substr(0, slash) + ":0", slot_of(state, spec)});
  }
  if (is_keras20 && optimizer.class_name() == "SGD" && state.variables.empty()) {
    for (const VariableSpec* weight : trainable(layers)) {  // there without momentum too
      Tensor zeros(DType::Float32, weight->shape);
      std::ranges::fill(zeros.data<float>(), 0.0F);
      saved.push_back({prefix + weight->name + "/momentum:0", std::move(zeros)});
    }
  }
  return saved;
}

}  // namespace carnyx
