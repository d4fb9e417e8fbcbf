// A Model as a SavedModel, and back.
#include <algorithm>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "training/compile_config.h"
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

/// A member for each output that is judged.
template <class Part>
Json by_output(const CompileOptions& compiled, const Part& part) {
  Json object = Json::object();
  for (const OutputCompileOptions& output : compiled.outputs)
    object.set(output.output, part(output));
  return object;
}

}  // namespace

Json compile_config(const CompileOptions& compiled) {
  const bool several = !compiled.outputs.empty();
  const auto weighted_of = [](const OutputCompileOptions& o) { return o.weighted_metrics; };
  bool weighted = !compiled.weighted_metrics.empty();
  for (const auto& output : compiled.outputs) weighted |= !weighted_of(output).empty();
  const Json loss = several
                        ? by_output(compiled, [](const auto& o) { return loss_to_json(*o.loss); })
                        : loss_to_json(*compiled.loss);
  const Json weights =
      several ? by_output(compiled, [](const auto& o) { return Json(o.loss_weight); }) : Json();
  const Json metrics =
      several ? by_output(compiled, [](const auto& o) { return metrics_config(o.metrics); })
              : metrics_config(compiled.metrics);
  const Json weighted_metrics =
      several ? by_output(compiled, [&](const auto& o) { return metrics_config(weighted_of(o)); })
              : metrics_config(compiled.weighted_metrics);
  return Json::object({{"optimizer", optimizer_to_json(*compiled.optimizer)},
                       {"loss", loss},
                       {"loss_weights", weights},
                       {"metrics", metrics},
                       {"weighted_metrics", weighted ? weighted_metrics : Json()},
                       {"run_eagerly", false},
                       {"steps_per_execution", 1},
                       {"jit_compile", false}});
}

namespace {

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

bool is_one_loss(const Json& loss) {
  return loss.is_string() || (loss.is_object() && loss.contains("class_name"));
}

/// What a config says of one output: the member of its name, the item of its place, or what it says
/// of all; null if it says nothing.
Json of_output(const Json* config, const std::string& name, std::size_t place) {
  if (config == nullptr) return Json();
  if (config->is_object() && !config->contains("class_name")) {
    const Json* found = config->find(name);
    return found == nullptr ? Json() : *found;
  }
  if (!config->is_array()) return *config;
  return place < config->size() ? config->at(place) : Json();
}

/// One metric or a list of them.
std::vector<AnyMetric> metrics_of(const Json& config) {
  std::vector<AnyMetric> metrics;
  if (config.is_null()) return metrics;
  if (!config.is_array()) return {metric_from_json(config)};
  for (const Json& metric : config.items()) metrics.push_back(metric_from_json(metric));
  return metrics;
}

/// Metrics that stand in a list of their own for each output; in one list, one for each output; or,
/// where their numbers differ, for all outputs.
Json metrics_of_output(const Json* config,
                       const std::string& name,
                       std::size_t place,
                       std::size_t outputs) {
  const bool is_flat = config != nullptr && config->is_array() &&
                       std::ranges::none_of(config->items(), [](const Json& item) {
                         return item.is_array() || item.is_null();
                       });
  const bool is_for_all = is_flat && (outputs == 1 || config->size() != outputs);
  return is_for_all ? *config : of_output(config, name, place);
}

std::vector<OutputCompileOptions> outputs_from(const Json& config, const Network& network) {
  const std::vector<std::string> names = network.output_names();
  std::vector<OutputCompileOptions> outputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Json loss = of_output(config.find("loss"), names[i], i);
    if (loss.is_null()) continue;
    const Json weight = of_output(config.find("loss_weights"), names[i], i);
    outputs.push_back({.output = names[i],
                       .loss = loss_from_json(loss),
                       .loss_weight = weight.is_null() ? 1 : weight.as_number(),
                       .metrics = metrics_of(
                           metrics_of_output(config.find("metrics"), names[i], i, names.size())),
                       .weighted_metrics = metrics_of(metrics_of_output(
                           config.find("weighted_metrics"), names[i], i, names.size()))});
  }
  return outputs;
}

std::optional<CompileOptions> compiled_from(const Json& config, const Network& network) {
  if (config.is_null()) return std::nullopt;
  const Json* optimizer = config.find("optimizer");
  const Json* loss = config.find("loss");
  if (loss == nullptr || loss->is_null()) return std::nullopt;
  CompileOptions options;
  if (optimizer != nullptr && !optimizer->is_null())
    options.optimizer = optimizer_from_json(*optimizer);
  const Json* weights = config.find("loss_weights");
  const bool is_weighted = weights != nullptr && !weights->is_null();
  const Json* metrics = config.find("metrics");
  const bool is_by_name = metrics != nullptr && metrics->is_object();
  if (network.outputs().size() > 1 || !is_one_loss(*loss) || is_weighted || is_by_name) {
    options.outputs = outputs_from(config, network);
    if (options.outputs.empty()) {
      throw InvalidArgument("the loss is of outputs that the model does not have");
    }
    return options;
  }
  options.loss = loss_from_json(*loss);
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
    if (auto compiled = compiled_from(saved.compile_config, saved.network))
      model.compile(std::move(*compiled));
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(format("{}: {}", path, error.what()));
  }
  for (const NamedTensor& entry : saved.weights) model.set_weight(entry.name, entry.tensor);
  if (saved.optimizer && model.is_compiled()) take_optimizer_state(model, *saved.optimizer);
  return model;
}

}  // namespace carnyx
