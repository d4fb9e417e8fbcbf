#include "carnyx/training/callbacks/monitor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/base/nearest.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 3> kModes = {"auto", "min", "max"};

// Keras 3: the metric classes that have a direction, and what it makes of "accuracy". Others need a
// mode.
constexpr std::array<std::string_view, 25> kUpwards = {"accuracy",
                                                       "Accuracy",
                                                       "BinaryAccuracy",
                                                       "CategoricalAccuracy",
                                                       "SparseCategoricalAccuracy",
                                                       "TopKCategoricalAccuracy",
                                                       "SparseTopKCategoricalAccuracy",
                                                       "Precision",
                                                       "Recall",
                                                       "SensitivityAtSpecificity",
                                                       "SpecificityAtSensitivity",
                                                       "PrecisionAtRecall",
                                                       "RecallAtPrecision",
                                                       "AUC",
                                                       "FBetaScore",
                                                       "F1Score",
                                                       "CosineSimilarity",
                                                       "R2Score",
                                                       "MeanIoU",
                                                       "IoU",
                                                       "BinaryIoU",
                                                       "OneHotIoU",
                                                       "OneHotMeanIoU",
                                                       "PearsonCorrelation",
                                                       "ConcordanceCorrelation"};
constexpr std::array<std::string_view, 15> kDownwards = {"Hinge",
                                                         "SquaredHinge",
                                                         "CategoricalHinge",
                                                         "KLDivergence",
                                                         "Poisson",
                                                         "BinaryCrossentropy",
                                                         "CategoricalCrossentropy",
                                                         "SparseCategoricalCrossentropy",
                                                         "MeanSquaredError",
                                                         "RootMeanSquaredError",
                                                         "MeanAbsoluteError",
                                                         "MeanAbsolutePercentageError",
                                                         "LogCoshError",
                                                         "MeanSquaredLogarithmicError",
                                                         "MeanMetricWrapper"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

MonitorMode direction(const Model& model, std::string_view quantity) {
  if (quantity.starts_with("val_")) quantity.remove_prefix(4);
  if (quantity == "loss") return MonitorMode::Min;
  for (const AnyMetric& metric : model.metrics()) {
    if (metric->name() != quantity) continue;
    if (contains(kUpwards, metric->class_name())) return MonitorMode::Max;
    if (contains(kDownwards, metric->class_name())) return MonitorMode::Min;
  }
  return MonitorMode::Auto;
}

std::string names_of(const Logs& logs) {
  std::string names;
  for (const auto& [name, value] : logs.entries()) names += (names.empty() ? "" : ",") + name;
  return names;
}

}  // namespace

std::string_view name_of(MonitorMode mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

void from_name(std::string_view name, MonitorMode& mode) {
  const auto found = std::ranges::find(kModes, name);
  if (found == kModes.end()) throw InvalidArgument(unknown_name("monitor mode", name, kModes));
  mode = static_cast<MonitorMode>(found - kModes.begin());
}

Monitor::Monitor(std::string owner, std::string quantity, MonitorMode mode, double min_delta)
    : owner_(std::move(owner)),
      quantity_(std::move(quantity)),
      mode_(mode),
      min_delta_(std::abs(min_delta)) {}

void Monitor::settle(const Model& model) {
  if (mode_ == MonitorMode::Auto) mode_ = direction(model, quantity_);
  if (mode_ != MonitorMode::Auto) return;
  throw InvalidArgument(
      format("{}: whether '{}' is better high or low is not known; set mode to "
             "max or min",
             owner_,
             quantity_));
}

std::optional<double> Monitor::value(const Logs& logs) const {
  const std::optional<double> found = logs.find(quantity_);
  if (!found) {
    log::warning("the monitored quantity is not in the logs",
                 {{"callback", owner_}, {"monitor", quantity_}, {"available", names_of(logs)}});
  }
  return found;
}

bool Monitor::is_improvement(double value, std::optional<double> reference) const {
  CARNYX_ENSURE(mode_ != MonitorMode::Auto);
  if (!reference) return true;
  const auto best = static_cast<float>(*reference);
  return mode_ == MonitorMode::Min ? static_cast<float>(value + min_delta_) < best
                                   : static_cast<float>(value - min_delta_) > best;
}

}  // namespace carnyx
