// Keras's names for metrics, and their configs.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "metrics/option_fields.h"

namespace carnyx {
namespace metrics {
namespace {

/// A number, nothing or a list where an option is a list.
void make_lists(Json& config) {
  for (const std::string_view key : {"thresholds", "label_weights"}) {
    const Json* found = config.find(key);
    if (found == nullptr) continue;
    if (found->is_null()) {
      config.erase(key);
    } else if (found->is_number()) {
      config.set(key, Json::array({*found}));
    }
  }
}

template <class M, class Options>
AnyMetric make(const Json& config, std::string_view class_name) {
  return M(from_json<Options>(config, "metric " + std::string(class_name)));
}

/// IoU over scores on another axis than the last is refused.
template <class M, class Options>
AnyMetric make_iou(const Json& config, std::string_view class_name) {
  Json own = config;
  const Json* axis = own.find("axis");
  if (axis != nullptr && !(axis->is_integer() && axis->as_int() == -1)) {
    throw InvalidArgument(
        format("metric {}: axis must be -1, got {}", class_name, axis->describe()));
  }
  own.erase("axis");
  return make<M, Options>(own, class_name);
}

template <class M>
AnyMetric make_operating_point(const Json& config,
                               std::string_view class_name,
                               std::string_view constraint) {
  const std::string where = "metric " + std::string(class_name);
  const Json* least = config.find(constraint);
  if (least == nullptr || !least->is_number()) {
    throw InvalidArgument(format("{}: needs the number {} in [0, 1]", where, constraint));
  }
  Json own = config;
  own.erase(constraint);
  return M(least->as_number(), from_json<OperatingPointOptions>(own, where));
}

AnyMetric make_sensitivity(const Json& config, std::string_view class_name) {
  return make_operating_point<SensitivityAtSpecificity>(config, class_name, "specificity");
}
AnyMetric make_specificity(const Json& config, std::string_view class_name) {
  return make_operating_point<SpecificityAtSensitivity>(config, class_name, "sensitivity");
}
AnyMetric make_precision(const Json& config, std::string_view class_name) {
  return make_operating_point<PrecisionAtRecall>(config, class_name, "recall");
}
AnyMetric make_recall(const Json& config, std::string_view class_name) {
  return make_operating_point<RecallAtPrecision>(config, class_name, "precision");
}

AnyMetric mean_of(std::string_view loss, const Json& config) {
  Json options = config;
  options.erase("name");
  const Json* name = config.find("name");
  return MeanOf(loss_from_json(Json::object({{"class_name", loss}, {"config", options}})),
                name == nullptr ? std::string() : name->as_string());
}

AnyMetric make_mean_of(const Json& config, std::string_view class_name) {
  return mean_of(class_name == "LogCoshError" ? "LogCosh" : class_name, config);
}

/// {"fn": the function that the mean is of, its options...}.
AnyMetric make_wrapper(const Json& config, std::string_view class_name) {
  const Json* function = config.find("fn");
  if (function == nullptr) {
    throw InvalidArgument(format("metric {}: needs fn, the name of a loss", class_name));
  }
  const Json& name = function->is_object() ? function->at("config") : *function;
  Json options = config;
  options.erase("fn");
  return mean_of(name.as_string(), options);
}

struct Entry {
  std::string_view class_name;
  AnyMetric (*make)(const Json& config, std::string_view class_name);
  std::string_view string_name;
  std::array<std::string_view, 2> other_names = {};
};

// clang-format off
constexpr std::array kMetrics = {
    Entry{"Accuracy", make<ExactAccuracy, ExactAccuracyOptions>, ""},
    Entry{"BinaryAccuracy", make<BinaryAccuracy, BinaryAccuracyOptions>, "binary_accuracy"},
    Entry{"CategoricalAccuracy", make<CategoricalAccuracy, CategoricalAccuracyOptions>, "categorical_accuracy"},
    Entry{"SparseCategoricalAccuracy", make<SparseCategoricalAccuracy, SparseCategoricalAccuracyOptions>, "sparse_categorical_accuracy"},
    Entry{"TopKCategoricalAccuracy", make<TopKCategoricalAccuracy, TopKCategoricalAccuracyOptions>, "top_k_categorical_accuracy"},
    Entry{"SparseTopKCategoricalAccuracy", make<SparseTopKCategoricalAccuracy, SparseTopKCategoricalAccuracyOptions>, "sparse_top_k_categorical_accuracy"},
    Entry{"TruePositives", make<TruePositives, ConfusionCountOptions>, "true_positives"},
    Entry{"FalsePositives", make<FalsePositives, ConfusionCountOptions>, "false_positives"},
    Entry{"TrueNegatives", make<TrueNegatives, ConfusionCountOptions>, "true_negatives"},
    Entry{"FalseNegatives", make<FalseNegatives, ConfusionCountOptions>, "false_negatives"},
    Entry{"Precision", make<Precision, PrecisionOptions>, "precision"},
    Entry{"Recall", make<Recall, RecallOptions>, "recall"},
    Entry{"SensitivityAtSpecificity", make_sensitivity, "sensitivity_at_specificity"},
    Entry{"SpecificityAtSensitivity", make_specificity, "specificity_at_sensitivity"},
    Entry{"PrecisionAtRecall", make_precision, "precision_at_recall"},
    Entry{"RecallAtPrecision", make_recall, "recall_at_precision"},
    Entry{"AUC", make<AUC, AUCOptions>, "auc"},
    Entry{"F1Score", make<F1Score, F1ScoreOptions>, "f1_score"},
    Entry{"FBetaScore", make<FBetaScore, FBetaScoreOptions>, "f_beta_score"},
    Entry{"IoU", make_iou<IoU, IoUOptions>, "io_u"},
    Entry{"MeanIoU", make_iou<MeanIoU, MeanIoUOptions>, "mean_io_u"},
    Entry{"BinaryIoU", make_iou<BinaryIoU, BinaryIoUOptions>, "binary_io_u"},
    Entry{"OneHotIoU", make_iou<OneHotIoU, OneHotIoUOptions>, "one_hot_io_u"},
    Entry{"OneHotMeanIoU", make_iou<OneHotMeanIoU, OneHotMeanIoUOptions>, "one_hot_mean_io_u"},
    Entry{"RootMeanSquaredError", make<RootMeanSquaredError, RootMeanSquaredErrorOptions>, "root_mean_squared_error"},
    Entry{"R2Score", make<R2Score, R2ScoreOptions>, "r2_score"},
    Entry{"CosineSimilarity", make<CosineSimilarity, CosineSimilarityMetricOptions>, "cosine_similarity"},
    Entry{"PearsonCorrelation", make<PearsonCorrelation, PearsonCorrelationOptions>, "pearson_correlation"},
    Entry{"ConcordanceCorrelation", make<ConcordanceCorrelation, ConcordanceCorrelationOptions>, "concordance_correlation"},
    Entry{"MeanSquaredError", make_mean_of, "mean_squared_error", {"mse", "MSE"}},
    Entry{"MeanAbsoluteError", make_mean_of, "mean_absolute_error", {"mae", "MAE"}},
    Entry{"MeanAbsolutePercentageError", make_mean_of, "mean_absolute_percentage_error", {"mape", "MAPE"}},
    Entry{"MeanSquaredLogarithmicError", make_mean_of, "mean_squared_logarithmic_error", {"msle", "MSLE"}},
    Entry{"LogCoshError", make_mean_of, "log_cosh_error", {"logcosh"}},
    Entry{"KLDivergence", make_mean_of, "kl_divergence"},
    Entry{"Poisson", make_mean_of, "poisson"},
    Entry{"Hinge", make_mean_of, "hinge"},
    Entry{"SquaredHinge", make_mean_of, "squared_hinge"},
    Entry{"CategoricalHinge", make_mean_of, "categorical_hinge"},
    Entry{"BinaryCrossentropy", make_mean_of, "binary_crossentropy", {"bce", "BCE"}},
    Entry{"CategoricalCrossentropy", make_mean_of, "categorical_crossentropy"},
    Entry{"SparseCategoricalCrossentropy", make_mean_of, "sparse_categorical_crossentropy"},
    Entry{"MeanMetricWrapper", make_wrapper, "mean_metric_wrapper"},
};
// clang-format on

const Entry* find_entry(std::string_view name) {
  const auto* found = std::ranges::find_if(kMetrics, [&](const Entry& entry) {
    return name == entry.class_name || name == entry.string_name ||
           std::ranges::find(entry.other_names, name) != entry.other_names.end();
  });
  return name.empty() || found == kMetrics.end() ? nullptr : found;
}

const Entry& entry_of(std::string_view name) {
  if (const Entry* found = find_entry(name)) return *found;
  std::vector<std::string_view> known = {"accuracy"};
  for (const Entry& entry : kMetrics) {
    known.push_back(entry.class_name);
    if (!entry.string_name.empty()) known.push_back(entry.string_name);
  }
  throw InvalidArgument(unknown_name("metric", name, known));
}

AnyMetric named(const std::string& name) {
  if (name == "accuracy" || name == "Accuracy" || name == "acc") {
    return carnyx::Accuracy({.name = name});
  }
  const Entry& entry = entry_of(name);
  return entry.make(Json::object({{"name", name}}), entry.class_name);
}

/// A function that Keras was given: a metric's, or a loss whose mean it takes.
AnyMetric of_function(const std::string& name) {
  return find_entry(name) != nullptr ? named(name) : AnyMetric(MeanOf(loss_from_json(Json(name))));
}

}  // namespace
}  // namespace metrics

AnyMetric metric_from_json(const Json& json) {
  if (json.is_string()) return metrics::named(json.as_string());
  const std::string& class_name = json.at("class_name").as_string();
  const Json* found = json.find("config");
  if (class_name == "function" && found != nullptr) {
    return metrics::of_function(found->as_string());
  }
  Json config = found == nullptr ? Json::object() : *found;
  config.erase("dtype");  // sums are float64 whatever it says
  metrics::make_lists(config);
  const metrics::Entry& entry = metrics::entry_of(class_name);
  return entry.make(config, entry.class_name);
}

std::vector<std::string_view> metric_class_names() {
  std::vector<std::string_view> names;
  for (const metrics::Entry& entry : metrics::kMetrics) names.push_back(entry.class_name);
  return names;
}

}  // namespace carnyx
