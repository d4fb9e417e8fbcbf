#include "trainers/compile_choice.h"

#include <algorithm>
#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/models/output_activation.h"

namespace carnyx {
namespace {

constexpr std::array<NamedHelp, 3> kHelp = {{
    {"optimizer", {"Keras's name: adam, sgd, rmsprop, ... (default: the file's, or adam)"}},
    {"loss",
     {"Keras's name: mse, sparse_categorical_crossentropy, ... (default: the file's, or by "
      "the output)"}},
    {"metrics", {"Keras's names: accuracy,AUC (default: the file's, or by the output)"}},
}};

const Json* member(const Json& config, std::string_view key) {
  const Json* found = config.is_object() ? config.find(key) : nullptr;
  return found == nullptr || found->is_null() ? nullptr : found;
}

enum class OutputKind { Softmax, Logits, Sigmoid, Number, Open };

OutputKind output_kind(const Network& network) {
  const std::string activation = output_activation(network);
  const std::int64_t units = output_units(network);
  if (activation == "softmax" && units > 1) return OutputKind::Softmax;
  if (activation == "sigmoid" && units == 1) return OutputKind::Sigmoid;
  if (activation == "linear" && units > 1) return OutputKind::Logits;
  return units == 1 ? OutputKind::Number : OutputKind::Open;
}

Json default_loss(OutputKind kind, const Network& network) {
  switch (kind) {
    case OutputKind::Softmax:
      return "sparse_categorical_crossentropy";
    case OutputKind::Logits:
      return loss_to_json(SparseCategoricalCrossentropy({.from_logits = true}));
    case OutputKind::Sigmoid:
      return "binary_crossentropy";
    case OutputKind::Number:
      return "mean_squared_error";
    case OutputKind::Open:
      break;
  }
  throw InvalidArgument(
      format("model '{}': its output of {} units with activation {} leaves the loss open; add "
             "--loss",
             network.name(),
             output_units(network),
             output_activation(network)));
}

/// Of the losses whose targets are classes.
bool is_of_classes(const AnyLoss& loss) {
  const std::string name = loss->class_name();
  constexpr std::array<std::string_view, 6> kParts = {
      "rossentropy", "CrossEntropy", "Hinge", "Dice", "Tversky", "CTC"};
  return std::ranges::any_of(
      kParts, [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

/// The optimizer as it is described, in options that Keras has no word for too.
AnyOptimizer with_learning_rate(const Json& optimizer, std::optional<double> learning_rate) {
  if (!learning_rate) return optimizer_from_json(optimizer);
  const Json* given = optimizer.is_object() ? optimizer.find("config") : nullptr;
  Json config = given == nullptr ? Json::object() : *given;
  config.erase("lr");  // Keras 2's word
  config.set("learning_rate", *learning_rate);
  return optimizer_from_json(
      Json::object({{"class_name", optimizer.is_string() ? optimizer : optimizer.at("class_name")},
                    {"config", std::move(config)}}));
}

}  // namespace

std::optional<FieldHelp> describe_compile_flag(std::string_view name) {
  const auto* found = std::ranges::find(kHelp, name, &NamedHelp::name);
  return found == kHelp.end() ? std::nullopt : std::optional(found->help);
}

std::int64_t output_units(const Network& network) {
  if (network.has_input_shape()) return network.output_shapes().front().columns();
  const auto& layers = network.layers();
  for (auto named = layers.rbegin(); named != layers.rend(); ++named) {
    const Json config = named->layer->config();
    if (const Json* units = member(config, "units")) return units->as_int();
  }
  return network.with_input_shape({1}).output_shapes().front().columns();
}

CompileChoice::CompileChoice(const CompileFlags& flags, const Json& config) {
  if (const Json* optimizer = member(config, "optimizer")) optimizer_ = *optimizer;
  if (const Json* loss = member(config, "loss")) loss_ = *loss;
  if (const Json* metrics = member(config, "metrics")) metrics_ = *metrics;
  if (!flags.optimizer.empty()) optimizer_ = flags.optimizer;
  if (!flags.loss.empty()) loss_ = flags.loss;
  if (!flags.metrics.empty()) metrics_ = Json::array_of(flags.metrics);
}

bool CompileChoice::is_regression(const Network& network) const {
  if (!loss_.is_null()) return !is_of_classes(loss_from_json(loss_));
  return output_kind(network) == OutputKind::Number;
}

CompileOptions CompileChoice::resolve(const Network& network,
                                      std::optional<double> learning_rate) const {
  const Json loss = loss_.is_null() ? default_loss(output_kind(network), network) : loss_;
  CompileOptions options{.optimizer = with_learning_rate(
                             optimizer_.is_null() ? Json("adam") : optimizer_, learning_rate),
                         .loss = loss_from_json(loss)};
  const Json metrics = metrics_.is_null() && loss_.is_null()
                           ? Json::array({is_regression(network) ? "mae" : "accuracy"})
                           : metrics_;
  if (metrics.is_array()) {
    for (const Json& metric : metrics.items()) options.metrics.push_back(metric_from_json(metric));
  }
  if (loss_.is_null() || optimizer_.is_null()) {
    std::string names;
    for (const AnyMetric& metric : options.metrics) {
      names += (names.empty() ? "" : ",") + metric->name();
    }
    log::info("what was not said follows from the output",
              {{"activation", output_activation(network)},
               {"units", output_units(network)},
               {"loss", options.loss->class_name()},
               {"optimizer", options.optimizer->class_name()},
               {"metrics", names}});
  }
  return options;
}

}  // namespace carnyx
