// Keras's names for losses, and their configs.
#include <algorithm>
#include <array>
#include <string>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

#include "losses/option_fields.h"

namespace carnyx {

Json json_of(const FocalAlpha& alpha) {
  return alpha.weights.size() == 1 ? Json(alpha.weights[0]) : Json::array_of(alpha.weights);
}

void read_json(const Json& json, FocalAlpha& alpha) {
  alpha.weights.clear();
  if (!json.is_array()) return alpha.weights.push_back(json.as_number());
  for (const Json& weight : json.items()) alpha.weights.push_back(weight.as_number());
}

namespace {

/// What every loss of Keras has besides its own options. The mean over the batch is what training
/// takes: other reductions are refused rather than dropped.
Json own_options(const Json& config, std::string_view loss) {
  Json own = config;
  for (const std::string_view key : {"name", "dtype", "fn", "reduction"}) own.erase(key);
  const Json* reduction = config.find("reduction");
  if (reduction == nullptr) return own;
  for (const std::string_view mean : {"sum_over_batch_size", "mean", "auto"}) {
    if (reduction->is_string() && reduction->as_string() == mean) return own;
  }
  throw InvalidArgument(format(
      "loss {}: reduction must be sum_over_batch_size, got {}", loss, reduction->describe()));
}

/// A number where Keras takes a number or a list.
void make_axis_a_list(Json& config) {
  const Json* axis = config.find("axis");
  if (axis != nullptr && axis->is_integer()) config.set("axis", Json::array({*axis}));
}

template <class L>
AnyLoss make(const Json& config, std::string_view name) {
  fields::reject_unknown_keys(own_options(config, name), {}, "loss " + std::string(name));
  return L();
}

template <class L, class Options>
AnyLoss make(const Json& config, std::string_view name) {
  Json own = own_options(config, name);
  if constexpr (requires(Options o) { o.axis->size(); }) make_axis_a_list(own);
  return L(from_json<Options>(own, "loss " + std::string(name)));
}

struct Entry {
  std::string_view class_name;
  AnyLoss (*make)(const Json& config, std::string_view class_name);
  std::string_view string_name;
  std::array<std::string_view, 3> other_names = {};  ///< of Keras 3, and of Keras 2 before it
};

// clang-format off
constexpr std::array kLosses = {
    Entry{"CategoricalCrossentropy", make<CategoricalCrossentropy, CrossentropyOptions>, "categorical_crossentropy"},
    Entry{"SparseCategoricalCrossentropy", make<SparseCategoricalCrossentropy, SparseCrossentropyOptions>, "sparse_categorical_crossentropy"},
    Entry{"BinaryCrossentropy", make<BinaryCrossentropy, CrossentropyOptions>, "binary_crossentropy", {"bce", "BCE"}},
    Entry{"BinaryFocalCrossentropy", make<BinaryFocalCrossentropy, BinaryFocalCrossentropyOptions>, "binary_focal_crossentropy"},
    Entry{"CategoricalFocalCrossentropy", make<CategoricalFocalCrossentropy, CategoricalFocalCrossentropyOptions>, "categorical_focal_crossentropy"},
    Entry{"CategoricalGeneralizedCrossEntropy", make<CategoricalGeneralizedCrossEntropy, CategoricalGeneralizedCrossEntropyOptions>, "categorical_generalized_cross_entropy"},
    Entry{"MeanSquaredError", make<MeanSquaredError>, "mean_squared_error", {"mse", "MSE"}},
    Entry{"MeanAbsoluteError", make<MeanAbsoluteError>, "mean_absolute_error", {"mae", "MAE"}},
    Entry{"MeanAbsolutePercentageError", make<MeanAbsolutePercentageError>, "mean_absolute_percentage_error", {"mape", "MAPE"}},
    Entry{"MeanSquaredLogarithmicError", make<MeanSquaredLogarithmicError>, "mean_squared_logarithmic_error", {"msle", "MSLE"}},
    Entry{"LogCosh", make<LogCosh>, "log_cosh", {"logcosh"}},
    Entry{"Huber", make<Huber, HuberOptions>, "huber", {"huber_loss"}},
    Entry{"CosineSimilarity", make<CosineSimilarity, CosineSimilarityOptions>, "cosine_similarity"},
    Entry{"KLDivergence", make<KLDivergence>, "kl_divergence", {"kld", "KLD", "kullback_leibler_divergence"}},
    Entry{"Poisson", make<Poisson>, "poisson"},
    Entry{"Hinge", make<Hinge>, "hinge"},
    Entry{"SquaredHinge", make<SquaredHinge>, "squared_hinge"},
    Entry{"CategoricalHinge", make<CategoricalHinge>, "categorical_hinge"},
    Entry{"Dice", make<Dice, DiceOptions>, "dice"},
    Entry{"Tversky", make<Tversky, TverskyOptions>, "tversky"},
};
// clang-format on

bool is_named(const Entry& entry, std::string_view name) {
  return name == entry.class_name || name == entry.string_name ||
         std::ranges::find(entry.other_names, name) != entry.other_names.end();
}

/// What Keras writes for a loss without options.
Json plain_config(const std::string& class_name) {
  const auto* entry = std::ranges::find(kLosses, class_name, &Entry::class_name);
  if (entry == kLosses.end()) return Json::object();
  return Json::object({{"name", entry->string_name}, {"reduction", "sum_over_batch_size"}});
}

const Entry& entry_of(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Entry& entry : kLosses) {
    if (!name.empty() && is_named(entry, name)) return entry;
    known.insert(known.end(), {entry.class_name, entry.string_name});
  }
  throw InvalidArgument(unknown_name("loss", name, known));
}

}  // namespace

AnyLoss loss_from_json(const Json& json) {
  const Json none = Json::object();
  if (json.is_string()) {
    const Entry& entry = entry_of(json.as_string());
    return entry.make(none, entry.class_name);
  }
  const Json* config = json.find("config");
  const std::string& class_name = json.at("class_name").as_string();
  // A function given as a function: {"class_name": "function", "config": its name}.
  if (class_name == "function" && config != nullptr) return loss_from_json(*config);
  const Entry& entry = entry_of(class_name);
  return entry.make(config == nullptr ? none : *config, entry.class_name);
}

Json loss_to_json(const Loss& loss) {
  const Json config = loss.config();
  return Json::object({{"module", "keras.losses"},
                       {"class_name", loss.class_name()},
                       {"config", config.size() == 0 ? plain_config(loss.class_name()) : config},
                       {"registered_name", Json()}});
}

std::string_view loss_function_name(const Loss& loss) {
  const auto* entry = std::ranges::find(kLosses, loss.class_name(), &Entry::class_name);
  return entry == kLosses.end() ? std::string_view() : entry->string_name;
}

std::vector<std::string_view> loss_class_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kLosses) names.push_back(entry.class_name);
  return names;
}

}  // namespace carnyx
