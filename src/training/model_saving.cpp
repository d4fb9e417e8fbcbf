// A Model as a SavedModel, and back.
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "training/model_state.h"

namespace carnyx {
namespace {

/// What Keras has no word for is left out rather than made unreadable.
Json metrics_config(const std::vector<AnyMetric>& metrics) {
  Json list = Json::array();
  for (const AnyMetric& metric : metrics) {
    Json json = metric->to_json();
    if (!json.is_null()) list.push_back(std::move(json));
  }
  return list;
}

std::vector<AnyMetric> metrics_from(const Json& config, std::string_view key) {
  std::vector<AnyMetric> metrics;
  const Json* list = config.find(key);
  if (list == nullptr || !list->is_array()) return metrics;
  for (const Json& metric : list->items()) metrics.push_back(metric_from_json(metric));
  return metrics;
}

Json compile_config(const CompileOptions& compiled) {
  const bool weighted = !compiled.weighted_metrics.empty();
  return Json::object(
      {{"optimizer", optimizer_to_json(*compiled.optimizer)},
       {"loss", loss_to_json(*compiled.loss.operator->())},
       {"loss_weights", Json()},
       {"metrics", metrics_config(compiled.metrics)},
       {"weighted_metrics", weighted ? metrics_config(compiled.weighted_metrics) : Json()},
       {"run_eagerly", false},
       {"steps_per_execution", 1},
       {"jit_compile", false}});
}

/// The names of all slots, in Keras's order.
std::vector<std::string> slot_order(const Optimizer& optimizer, const StateStore& states) {
  std::vector<std::string> order;
  for (const auto& group : optimizer.slot_groups()) {
    for (const auto& entry : states.entries()) {
      if (entry.spec.kind != StateSpec::Kind::Weight || !entry.spec.trainable) continue;
      for (const std::string& slot : group) order.push_back(slot_name(slot, entry.spec.name));
    }
  }
  return order;
}

std::optional<CompileOptions> compiled_from(const Json& config) {
  if (config.is_null()) return std::nullopt;
  const Json* optimizer = config.find("optimizer");
  const Json* loss = config.find("loss");
  if (loss == nullptr || loss->is_null()) return std::nullopt;
  CompileOptions options{.loss = loss_from_json(*loss)};
  if (optimizer != nullptr && !optimizer->is_null())
    options.optimizer = optimizer_from_json(*optimizer);
  options.metrics = metrics_from(config, "metrics");
  options.weighted_metrics = metrics_from(config, "weighted_metrics");
  return options;
}

}  // namespace

SavedModel Model::to_saved() const {
  state_->require_built();
  SavedModel saved{
      .network = state_->network, .compile_config = {}, .weights = {}, .optimizer = {}};
  for (const std::string& name : weight_names()) saved.weights.push_back({name, weight(name)});
  if (!state_->compiled) return saved;
  saved.compile_config = compile_config(*state_->compiled);
  OptimizerState optimizer{
      .iterations = iterations(), .learning_rate = std::nullopt, .variables = {}};
  if (state_->compiled->optimizer->learning_rate().schedule() == nullptr) {
    optimizer.learning_rate = learning_rate();
  }
  for (const std::string& name : slot_order(*state_->compiled->optimizer, *state_->states)) {
    optimizer.variables.push_back({name, weight(name)});
  }
  saved.optimizer = std::move(optimizer);
  return saved;
}

void Model::save(const std::string& path, const H5Options& h5) const {
  write_model(path, to_saved(), SystemClock(), h5);
}

namespace {

void take_optimizer_state(Model& model, const OptimizerState& saved) {
  for (const NamedTensor& slot : saved.variables) {
    if (model.states().contains(slot.name)) model.set_weight(slot.name, slot.tensor);
  }
  model.set_iterations(saved.iterations);
  if (saved.learning_rate.value_or(0) > 0) model.set_learning_rate(*saved.learning_rate);
}

}  // namespace

void Model::load_weights(const std::string& path) {
  SavedModel saved = to_saved();
  read_weights(path, saved);
  for (const NamedTensor& entry : saved.weights) set_weight(entry.name, entry.tensor);
  if (saved.optimizer && is_compiled()) take_optimizer_state(*this, *saved.optimizer);
}

Model load_model(const std::string& path, ModelOptions options) {
  const SavedModel saved = read_model(path);
  Model model(saved.network, options);
  try {
    if (auto compiled = compiled_from(saved.compile_config)) model.compile(std::move(*compiled));
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(format("{}: {}", path, error.what()));
  }
  for (const NamedTensor& entry : saved.weights) model.set_weight(entry.name, entry.tensor);
  if (saved.optimizer && model.is_compiled()) take_optimizer_state(model, *saved.optimizer);
  return model;
}

}  // namespace carnyx
