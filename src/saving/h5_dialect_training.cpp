// How a model is trained, in the words of whole-model HDF5 files.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/optimizers/optimizer.h"

#include "saving/h5_dialect.h"
#include "saving/keras_layout.h"

namespace carnyx {
namespace {

/// What Keras 2.0 knows of an optimizer beside lr and decay.
struct Keras20Optimizer {
  std::string_view class_name;
  std::array<std::string_view, 3> keys;
};
constexpr std::array kKeras20Optimizers = {
    Keras20Optimizer{"SGD", {"momentum", "nesterov"}},
    Keras20Optimizer{"RMSprop", {"rho", "epsilon"}},
    Keras20Optimizer{"Adagrad", {"epsilon"}},
    Keras20Optimizer{"Adadelta", {"rho", "epsilon"}},
    Keras20Optimizer{"Adam", {"beta_1", "beta_2", "epsilon"}},
    Keras20Optimizer{"Adamax", {"beta_1", "beta_2", "epsilon"}},
    Keras20Optimizer{"Nadam", {"beta_1", "beta_2", "epsilon"}}};

/// Metrics that every generation has as a function too, so that the name is enough. "accuracy" is
/// none: as a name it means the accuracy that fits the output.
constexpr std::array<std::string_view, 17> kMetricFunctions = {"binary_accuracy",
                                                               "categorical_accuracy",
                                                               "sparse_categorical_accuracy",
                                                               "top_k_categorical_accuracy",
                                                               "sparse_top_k_categorical_accuracy",
                                                               "cosine_similarity",
                                                               "mean_squared_error",
                                                               "mean_absolute_error",
                                                               "mean_absolute_percentage_error",
                                                               "mean_squared_logarithmic_error",
                                                               "poisson",
                                                               "hinge",
                                                               "squared_hinge",
                                                               "categorical_hinge",
                                                               "binary_crossentropy",
                                                               "categorical_crossentropy",
                                                               "sparse_categorical_crossentropy"};

/// Names that Keras 3 takes for a metric's class and tf-keras does not; both take the class's own.
struct MetricClass {
  std::string_view name;
  std::string_view class_name;
};
constexpr std::array kMetricClasses = {
    MetricClass{"true_positives", "TruePositives"},
    MetricClass{"false_positives", "FalsePositives"},
    MetricClass{"true_negatives", "TrueNegatives"},
    MetricClass{"false_negatives", "FalseNegatives"},
    MetricClass{"precision", "Precision"},
    MetricClass{"recall", "Recall"},
    MetricClass{"auc", "AUC"},
    MetricClass{"f1_score", "F1Score"},
    MetricClass{"root_mean_squared_error", "RootMeanSquaredError"},
    MetricClass{"r2_score", "R2Score"},
    MetricClass{"log_cosh_error", "LogCoshError"},
    MetricClass{"kl_divergence", "KLDivergence"}};

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
  return std::ranges::find(keys, key) != keys.end();
}

bool is_nothing(const Json& value) {
  return value.is_null() || (value.is_bool() && !value.as_bool()) ||
         (value.is_number() && value.as_number() == 0);
}

[[noreturn]] void refuse_for_keras20(std::string_view what) {
  throw InvalidArgument(
      format("saving a model for Keras 2.0: it has no {}; write it for the current Keras", what));
}

/// The options that say something, without those that only some generations know.
Json telling_options(const Json& config) {
  const Json* ema = config.find("use_ema");
  const bool has_average = ema != nullptr && ema->is_bool() && ema->as_bool();
  Json telling = Json::object();
  for (const auto& [key, value] : config.members()) {
    const bool is_of_average =
        is_one_of(key, {"use_ema", "ema_momentum", "ema_overwrite_frequency"});
    if (value.is_null() || (is_of_average && !has_average)) continue;
    if (is_one_of(key, {"name", "jit_compile", "is_legacy_optimizer", "learning_rate"})) continue;
    telling.set(key, value);
  }
  return telling;
}

/// tf.keras notes that a schedule has no name, which Keras 3 can't take.
Json without_null_name(Json rate) {
  if (!rate.is_object()) return rate;
  Json config = rate.at("config");
  const Json* name = config.find("name");
  if (name != nullptr && name->is_null()) config.erase("name");
  return rate.set("config", std::move(config));
}

/// Where the optimizer stands: the config's rate unless training has moved it.
Json current_rate(const Json& config, const std::optional<OptimizerState>& state) {
  const Json* rate = config.find("learning_rate");
  if (rate == nullptr) return Json();
  if (!state || !state->learning_rate || !rate->is_number()) {
    return without_null_name(*rate);
  }
  const auto now = static_cast<float>(*state->learning_rate);
  return now == static_cast<float>(rate->as_number()) ? *rate : Json(now);
}

/// lr and decay, which is all that Keras 2.0 has in place of schedules.
void set_keras20_rate(Json& config, const Json& rate) {
  if (!rate.is_object()) {
    config.set("lr", rate.is_null() ? Json(0.001) : rate).set("decay", 0.0);
    return;
  }
  const Json& schedule = rate.at("config");
  const Json* staircase = schedule.find("staircase");
  if (rate.at("class_name").as_string() != "InverseTimeDecay" ||
      schedule.at("decay_steps").as_number() != 1 ||
      (staircase != nullptr && !is_nothing(*staircase))) {
    refuse_for_keras20("schedule " + rate.at("class_name").as_string());
  }
  config.set("lr", schedule.at("initial_learning_rate")).set("decay", schedule.at("decay_rate"));
}

Json keras20_optimizer(const std::string& class_name, const Json& options, const Json& rate) {
  const auto* known =
      std::ranges::find(kKeras20Optimizers, class_name, &Keras20Optimizer::class_name);
  if (known == kKeras20Optimizers.end()) refuse_for_keras20("optimizer " + class_name);
  Json config = Json::object();
  set_keras20_rate(config, rate);
  for (const auto& [key, value] : options.members()) {
    if (is_one_of(key, {"clipnorm", "clipvalue"}) ||
        std::ranges::find(known->keys, std::string_view(key)) != known->keys.end()) {
      config.set(key, value);
    } else if (!is_nothing(value) && key != "initial_accumulator_value") {
      refuse_for_keras20(format("option {} of {}", key, class_name));
    }
  }
  return config;
}

Json optimizer_config(const SavedModel& model, KerasCompat compat) {
  const Json& given = *optimizer_config(model.compile_config);
  const Json full = given.is_string() ? optimizer_to_json(*optimizer_from_json(given)) : given;
  const std::string& class_name = full.at("class_name").as_string();
  const Json rate = current_rate(full.at("config"), model.optimizer);
  const Json options = telling_options(full.at("config"));
  if (compat == KerasCompat::Keras20) {
    return Json::object(
        {{"class_name", class_name}, {"config", keras20_optimizer(class_name, options, rate)}});
  }
  Json config = Json::object({{"name", class_name}});
  if (!rate.is_null()) config.set("learning_rate", rate);
  for (const auto& [key, value] : options.members()) config.set(key, value);
  return Json::object({{"class_name", class_name}, {"config", std::move(config)}});
}

/// Options of losses and metrics that are as they are when nobody gives them.
bool says_nothing(std::string_view key, const Json& value) {
  if (is_one_of(key, {"name", "dtype", "fn"})) return true;
  if (key == "reduction") {
    return value.is_string() && is_one_of(value.as_string(), {"sum_over_batch_size", "auto"});
  }
  if (key == "axis") return value.is_integer() && value.as_int() == -1;
  return is_one_of(key, {"from_logits", "label_smoothing", "ignore_class"}) && is_nothing(value);
}

/// A loss or metric by its function's name if it has no options, which every Keras understands;
/// else its class with the options that say something.
Json by_name_if_plain(const Json& json, bool has_function) {
  const std::string& class_name = json.at("class_name").as_string();
  const Json* config = json.find("config");
  if (config == nullptr || !config->is_object()) return json;
  const std::string function = to_snake_case(class_name);
  const Json* name = config->find("name");
  const bool has_own_name = name != nullptr && name->is_string() && name->as_string() != function;
  const bool is_plain = std::ranges::all_of(config->members(), [](const JsonMember& option) {
    return says_nothing(option.key, option.value);
  });
  if (is_plain && has_function && (function == class_name || !has_own_name)) return function;
  Json telling = Json::object();
  for (const auto& [key, value] : config->members()) {
    if (key == "name" || !says_nothing(key, value)) telling.set(key, value);
  }
  return Json::object({{"class_name", class_name}, {"config", std::move(telling)}});
}

Json metric_words(const Json& metric) {
  if (metric.is_string()) {
    const auto* known = std::ranges::find(kMetricClasses, metric.as_string(), &MetricClass::name);
    return known == kMetricClasses.end() ? metric : Json(std::string(known->class_name));
  }
  if (!metric.is_object()) return metric;
  const std::string& class_name = metric.at("class_name").as_string();
  const std::string function = to_snake_case(class_name);
  const bool has_function = function == class_name ||
                            std::ranges::find(kMetricFunctions, function) != kMetricFunctions.end();
  return by_name_if_plain(metric, has_function);
}

Json loss_words(const Json& loss) {
  return loss.is_object() ? by_name_if_plain(loss, true) : loss;
}

/// `words` of one, of each in a list, or of each output's by its name.
Json each_in_words(const Json& json, Json (*words)(const Json&)) {
  if (json.is_array()) {
    Json list = Json::array();
    for (const Json& item : json.items()) list.push_back(each_in_words(item, words));
    return list;
  }
  if (!json.is_object() || json.contains("class_name")) return words(json);
  Json object = Json::object();
  for (const auto& [output, value] : json.members()) {
    object.set(output, each_in_words(value, words));
  }
  return object;
}

Json metrics_by_name(const Json& compile, std::string_view key) {
  const Json* metrics = compile.find(key);
  return metrics == nullptr || metrics->is_null() ? Json() : each_in_words(*metrics, metric_words);
}

}  // namespace

Json h5_training_config(const SavedModel& model, KerasCompat compat) {
  const Json& compile = model.compile_config;
  const Json* loss = compile.is_object() ? compile.find("loss") : nullptr;
  if (loss == nullptr || loss->is_null() || optimizer_config(compile) == nullptr) return Json();
  const Json metrics = metrics_by_name(compile, "metrics");
  const Json* weights = compile.find("loss_weights");
  return Json::object({{"optimizer_config", optimizer_config(model, compat)},
                       {"loss", each_in_words(*loss, loss_words)},
                       {"metrics", metrics.is_null() ? Json::array() : metrics},
                       {"weighted_metrics", metrics_by_name(compile, "weighted_metrics")},
                       {"sample_weight_mode", Json()},
                       {"loss_weights", weights == nullptr ? Json() : *weights}});
}

}  // namespace carnyx
