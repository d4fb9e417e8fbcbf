#include "carnyx/metrics/mean_of.h"

#include <algorithm>
#include <array>

#include "carnyx/graph/ops.h"
#include "carnyx/losses/targets.h"

namespace carnyx::metrics {
namespace {

/// The losses whose metric Keras calls otherwise, or has none of.
struct Renamed {
  std::string_view loss;
  std::string_view metric;
  std::string_view name;
};
constexpr std::array kRenamed = {
    Renamed{"LogCosh", "LogCoshError", "logcosh"},
};
constexpr std::array<std::string_view, 13> kSameName = {"MeanSquaredError",
                                                        "MeanAbsoluteError",
                                                        "MeanAbsolutePercentageError",
                                                        "MeanSquaredLogarithmicError",
                                                        "Hinge",
                                                        "SquaredHinge",
                                                        "CategoricalHinge",
                                                        "KLDivergence",
                                                        "Poisson",
                                                        "BinaryCrossentropy",
                                                        "CategoricalCrossentropy",
                                                        "SparseCategoricalCrossentropy"};

const Renamed* renamed(const Loss& loss) {
  const auto* found = std::ranges::find(kRenamed, loss.class_name(), &Renamed::loss);
  return found == kRenamed.end() ? nullptr : found;
}

std::string default_name(const Loss& loss) {
  if (const Renamed* other = renamed(loss)) return std::string(other->name);
  const std::string_view name = loss_function_name(loss);
  return name.empty() ? loss.class_name() : std::string(name);
}

/// What Keras writes for a function that it was given.
Json function_json(std::string_view name) {
  return Json::object({{"module", "builtins"},
                       {"class_name", "function"},
                       {"config", name},
                       {"registered_name", "function"}});
}

}  // namespace

MeanOf::MeanOf(AnyLoss loss, std::string name) : loss_(std::move(loss)), name_(std::move(name)) {
  if (name_.empty()) name_ = default_name(*loss_);
}

std::string MeanOf::class_name() const {
  if (const Renamed* other = renamed(*loss_)) return std::string(other->metric);
  const std::string name = loss_->class_name();
  const bool is_same = std::ranges::find(kSameName, name) != kSameName.end();
  return is_same ? name : "MeanMetricWrapper";
}

Json MeanOf::config() const {
  Json config = Json::object({{"name", name_}});
  if (class_name() == "MeanMetricWrapper")
    config.set("fn", function_json(loss_function_name(*loss_)));
  const Json options = loss_->config();
  for (const auto& [key, value] : options.members()) {
    const bool of_losses = key == "name" || key == "reduction";
    const bool unknown_to_keras = key == "axis" && class_name() == "BinaryCrossentropy";
    if (!of_losses && !unknown_to_keras) config.set(key, value);
  }
  return config;
}

Value MeanOf::per_row(GraphBuilder& builder, Value target, Value output) const {
  const auto* sparse = dynamic_cast<const SparseCategoricalCrossentropy*>(&*loss_);
  // As a metric Keras takes the mean over all rows, those that the loss ignores at 0.
  return sparse != nullptr ? sparse->unscaled_rows(target, output)
                           : loss_->per_row(builder, target, output);
}

std::vector<Value> MeanOf::build(GraphBuilder& builder, const MetricInputs& inputs) const {
  const auto* sparse = dynamic_cast<const SparseCategoricalCrossentropy*>(&*loss_);
  const auto counted = sparse != nullptr && inputs.weight
                           ? sparse->counted(inputs.target, inputs.output)
                           : std::nullopt;
  if (counted) {  // with weights, Keras's mask of ignored rows weighs too
    const Value kept = mean_per_row(ops::convert(*counted, DType::Float32));
    return MeanMetric::build(builder,
                             {inputs.target, inputs.output, ops::multiply(*inputs.weight, kept)});
  }
  // Where a loss is a kernel, so is its mean.
  if (inputs.weight || sparse != nullptr) return MeanMetric::build(builder, inputs);
  return {loss_->build(builder, inputs.target, inputs.output)};
}

SumOf::SumOf(AnyLoss loss, std::string name) : loss_(std::move(loss)), name_(std::move(name)) {}

std::vector<Value> SumOf::build(GraphBuilder& builder, const MetricInputs& inputs) const {
  if (!inputs.weight) return {loss_->build(builder, inputs.target, inputs.output)};
  return {loss_->build_weighted(builder, inputs.target, inputs.output, *inputs.weight)};
}

std::vector<double> SumOf::result(std::span<const double> sums, double) const {
  return {sums[0]};
}

}  // namespace carnyx::metrics
