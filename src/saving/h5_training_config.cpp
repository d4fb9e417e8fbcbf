#include "saving/h5_training_config.h"

#include <algorithm>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"

namespace carnyx {
namespace {

bool is_object_of_keras(const Json& json) {
  return json.is_object() && json.contains("class_name");
}

/// tf.keras writes the optimizers that it brought in last as "Custom>Adam".
std::string class_of(const Json& json) {
  constexpr std::string_view kCustom = "Custom>";
  const std::string& name = json.at("class_name").as_string();
  return name.starts_with(kCustom) ? name.substr(kCustom.size()) : name;
}

Json without_nulls(const Json& config) {
  Json kept = Json::object();
  for (const auto& [key, value] : config.members()) {
    if (!value.is_null()) kept.set(key, value);
  }
  return kept;
}

/// lr / (1 + decay step). Source: keras/optimizers.py of Keras 2.
Json decaying(const Json& rate, double decay) {
  return Json::object({{"module", "keras.optimizers.schedules"},
                       {"class_name", "InverseTimeDecay"},
                       {"config",
                        Json::object({{"initial_learning_rate", rate},
                                      {"decay_steps", 1},
                                      {"decay_rate", decay},
                                      {"staircase", false}})},
                       {"registered_name", Json()}});
}

/// Keras 2's words for the learning rate in Keras 3's.
void translate_rate(Json& config) {
  if (const Json* rate = config.find("lr")) {
    if (!config.contains("learning_rate")) config.set("learning_rate", *rate);
    config.erase("lr");
  }
  const Json* decay = config.find("decay");
  const double per_step = decay == nullptr ? 0 : decay->as_number();
  config.erase("decay");
  const Json* rate = config.find("learning_rate");
  if (per_step != 0 && rate != nullptr && rate->is_number()) {
    config.set("learning_rate", decaying(*rate, per_step));
  }
}

/// Nadam's decay is not of the learning rate, and the one that all have.
void drop_schedule_decay(Json& config, const std::string& where) {
  constexpr double kAlways = 0.004;
  for (const std::string_view key : {"decay", "schedule_decay"}) {
    const Json* found = config.find(key);
    if (found == nullptr) continue;
    const auto value = static_cast<float>(found->as_number());
    if (value != 0 && value != static_cast<float>(kAlways)) {
      log::warning("Nadam's schedule_decay is left out; it is 0.004 from now on",
                   {{"path", where}, {"schedule_decay", value}});
    }
    config.erase(key);
  }
}

Json optimizer_from(const Json& optimizer, const std::string& where) {
  if (!is_object_of_keras(optimizer)) return optimizer;
  const std::string class_name = class_of(optimizer);
  const Json* given = optimizer.find("config");
  Json config = given == nullptr ? Json::object() : without_nulls(*given);
  if (class_name == "Nadam") drop_schedule_decay(config, where);
  translate_rate(config);
  return Json::object({{"module", "keras.optimizers"},
                       {"class_name", class_name},
                       {"config", std::move(config)},
                       {"registered_name", Json()}});
}

/// Of one output, however it is wrapped: [loss], {"output": loss}; of several as it stands.
Json loss_from(const Json& loss) {
  const bool is_wrapped = !is_object_of_keras(loss) && (loss.is_array() || loss.is_object());
  if (!is_wrapped || loss.size() != 1) return loss;
  return loss_from(loss.is_array() ? loss.at(0) : loss.members()[0].value);
}

/// A loss for each of several outputs.
bool is_of_several(const Json& loss) {
  return (loss.is_array() || (loss.is_object() && !is_object_of_keras(loss))) && loss.size() > 1;
}

/// tf.keras's {"class_name": "MeanMetricWrapper", "config": {"fn": "categorical_accuracy"}}.
Json wrapped_metric(const Json& config) {
  const Json* function = config.find("fn");
  const Json* name = config.find("name");
  if (function == nullptr || !function->is_string() || name == nullptr || !name->is_string()) {
    return Json();
  }
  // Keras picked the function by loss and shapes, as we do.
  if (name->as_string() == "accuracy" || name->as_string() == "acc") return *name;
  return Json::object({{"class_name", *function}, {"config", Json::object({{"name", *name}})}});
}

Json metric_from(const Json& metric) {
  if (!is_object_of_keras(metric)) return metric;
  Json translated = metric;
  translated.set("class_name", class_of(metric));
  const Json* config = metric.find("config");
  if (config == nullptr || class_of(metric) != "MeanMetricWrapper") return translated;
  Json wrapped = wrapped_metric(*config);
  return wrapped.is_null() ? translated : wrapped;
}

/// All metrics of the one output in one list, however they are wrapped.
void add_metrics(const Json& metrics, Json& list) {
  if (metrics.is_null()) return;
  if (metrics.is_string() || is_object_of_keras(metrics)) {
    list.push_back(metric_from(metrics));
  } else if (metrics.is_object()) {
    for (const auto& [output, inner] : metrics.members()) add_metrics(inner, list);
  } else {
    for (const Json& inner : metrics.items()) add_metrics(inner, list);
  }
}

Json flat_metrics(const Json& metrics) {
  Json list = Json::array();
  add_metrics(metrics, list);
  return list;
}

/// In one list, or in one for each of several outputs, in their order or by their names.
Json metrics_from(const Json& training_config, std::string_view key, bool several) {
  const Json* metrics = training_config.find(key);
  if (metrics == nullptr || metrics->is_null()) return Json();
  const auto is_list = [](const Json& json) { return json.is_array() || json.is_null(); };
  if (several && metrics->is_object() && !is_object_of_keras(*metrics)) {
    Json object = Json::object();
    for (const auto& [output, own] : metrics->members()) object.set(output, flat_metrics(own));
    return object;
  }
  if (several && metrics->is_array() && std::ranges::any_of(metrics->items(), is_list)) {
    Json lists = Json::array();
    for (const Json& own : metrics->items()) lists.push_back(flat_metrics(own));
    return lists;
  }
  return flat_metrics(*metrics);
}

bool is_one(const Json& weight) {
  return weight.is_null() || (weight.is_number() && weight.as_number() == 1);
}

/// Null, 1, [1] or {"output": 1}.
bool says_nothing(const Json& weights) {
  if (weights.is_array())
    return weights.size() == 0 || (weights.size() == 1 && is_one(weights.at(0)));
  if (weights.is_object()) {
    return weights.size() == 0 || (weights.size() == 1 && is_one(weights.members()[0].value));
  }
  return is_one(weights);
}

void warn_of_what_is_left_out(const Json& training_config, const std::string& where, bool several) {
  const Json* weights = training_config.find("loss_weights");
  if (!several && weights != nullptr && !says_nothing(*weights)) {
    log::warning("the file's loss_weights are left out", {{"path", where}});
  }
  const Json* mode = training_config.find("sample_weight_mode");
  if (mode != nullptr && mode->is_string()) {
    log::warning("the file's sample_weight_mode is left out", {{"path", where}});
  }
}

}  // namespace

Json compile_config_from_h5(const Json& training_config, const std::string& where) {
  Json compile = Json::object();
  if (const Json* optimizer = training_config.find("optimizer_config")) {
    compile.set("optimizer", optimizer_from(*optimizer, where));
  }
  const Json* loss = training_config.find("loss");
  compile.set("loss", loss == nullptr ? Json() : loss_from(*loss));
  const bool several = loss != nullptr && is_of_several(*loss);
  const Json* weights = several ? training_config.find("loss_weights") : nullptr;
  compile.set("loss_weights", weights == nullptr ? Json() : *weights);
  compile.set("metrics", metrics_from(training_config, "metrics", several));
  compile.set("weighted_metrics", metrics_from(training_config, "weighted_metrics", several));
  warn_of_what_is_left_out(training_config, where, several);
  return compile;
}

}  // namespace carnyx
