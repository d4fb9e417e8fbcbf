#include "carnyx/optimizers/optimizer.h"

#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

#include "optimizers/composed_rule.h"
#include "optimizers/optimizer_fields.h"

namespace carnyx {
namespace {

class Fill final : public Initializer {
 public:
  explicit Fill(double value) : value_(static_cast<float>(value)) {}
  void fill(std::span<float> values, const Shape&, Rng) const override {
    std::ranges::fill(values, value_);
  }

 private:
  float value_;
};

/// The path of the state that a weight's value is.
const StateSpec& spec_of(const Graph& graph, Value weight) {
  const auto index = graph.state_of(weight.id);
  if (!index) throw InvalidArgument("optimizer: expected a trainable weight, got a computed value");
  return graph.states()[static_cast<std::size_t>(*index)].spec;
}

std::vector<Value> declare_slots(Graph& graph, Value weight, const kernels::UpdateRule& rule) {
  const std::string name = spec_of(graph, weight).name;
  const auto slots = rule.slot_names();
  std::vector<Value> declared;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    declared.push_back(graph.state({.name = slot_name(slots[i], name),
                                    .shape = weight.shape(),
                                    .initializer = std::make_shared<Fill>(rule.initial_value(i)),
                                    .kind = StateSpec::Kind::Slot,
                                    .trainable = false}));
  }
  return declared;
}

/// Norms of the gradients that the rule will see: means over the batch and, if they are gathered
/// over several steps, over those.
class Norms {
 public:
  Norms(Graph& graph, const OptimizerOptions& options) : graph_(graph), options_(options) {}

  /// `accumulator`: what the steps before this one left, if they do.
  Value squares(Value gradient, std::optional<Value> accumulator) const {
    if (accumulator) {
      const Value mean = ops::multiply(gradient, ops::gradient_scale(graph_));
      gradient = ops::add(ops::scale(mean, 1 / loss_scale()), *accumulator);
    }
    return ops::sum_all(ops::unary(gradient, ops::UnaryKind::Square));
  }
  /// clip / max(norm, clip), [1]. Source: keras.optimizers, clip_by_global_norm.
  Value factor(Value squares, double clip) const {
    Value norm = ops::convert(ops::unary(squares, ops::UnaryKind::Sqrt), DType::Float32);
    if (options_.gradient_accumulation_steps) {
      norm = ops::scale(norm, 1 / static_cast<double>(*options_.gradient_accumulation_steps));
    } else {
      norm = ops::multiply(ops::scale(norm, 1 / loss_scale()), ops::gradient_scale(graph_));
    }
    const Value bound = ops::fill(graph_, Shape{1}, clip);
    return ops::divide(bound, ops::binary(norm, bound, ops::BinaryKind::Maximum));
  }

 private:
  [[nodiscard]] double loss_scale() const { return options_.loss_scale_factor.value_or(1); }
  Graph& graph_;
  const OptimizerOptions& options_;
};

/// For each weight, what clipping by a norm leaves of its gradient; nothing without such clipping.
std::vector<std::optional<Value>> clip_factors(Graph& graph,
                                               const OptimizerOptions& options,
                                               std::span<const Value> gradients,
                                               std::span<const std::vector<Value>> slots) {
  std::vector<std::optional<Value>> factors(gradients.size());
  if (gradients.empty() || (!options.clipnorm && !options.global_clipnorm)) return factors;
  const Norms norms(graph, options);
  std::vector<Value> squares;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    std::optional<Value> accumulator;
    if (options.gradient_accumulation_steps) accumulator = slots[i][options.use_ema ? 1 : 0];
    squares.push_back(norms.squares(gradients[i], accumulator));
  }
  if (options.clipnorm) {
    std::ranges::transform(
        squares, factors.begin(), [&](Value s) { return norms.factor(s, *options.clipnorm); });
    return factors;
  }
  Value total = squares[0];
  for (std::size_t i = 1; i < squares.size(); ++i) total = ops::add(total, squares[i]);
  std::ranges::fill(factors, norms.factor(total, *options.global_clipnorm));
  return factors;
}

/// The rules for weights that decay and for those that do not: one rule, unless an option is set.
class Rules {
 public:
  Rules(std::shared_ptr<const kernels::UpdateRule> own, const OptimizerOptions& options)
      : options_(options), decaying_(own), still_(std::move(own)) {
    if (!needs_composing(options)) return;
    decaying_ = std::make_shared<ComposedRule>(still_, options, true);
    still_ = std::make_shared<ComposedRule>(still_, options, false);
  }
  [[nodiscard]] const std::shared_ptr<const kernels::UpdateRule>& of(std::string_view path) const {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const bool excluded = std::ranges::any_of(
        options_.exclude_from_weight_decay,
        [&](const std::string& part) { return name.find(part) != std::string_view::npos; });
    return excluded ? still_ : decaying_;
  }

 private:
  const OptimizerOptions& options_;
  std::shared_ptr<const kernels::UpdateRule> decaying_;
  std::shared_ptr<const kernels::UpdateRule> still_;
};

}  // namespace

Optimizer::Optimizer(LearningRate learning_rate, OptimizerOptions common)
    : learning_rate_(std::move(learning_rate)), common_(std::move(common)) {
  check_learning_rate(learning_rate_);
  check_options(common_);
}

std::string slot_name(std::string_view slot, std::string_view weight) {
  return std::string(slot) + "/" + std::string(weight);
}

void Optimizer::build(GraphBuilder& builder,
                      std::span<const Value> weights,
                      std::span<const Value> gradients) const {
  Graph& graph = builder.graph();
  const Rules rules(update_rule(), common_);
  std::vector<std::vector<Value>> slots;
  for (const Value& weight : weights) {
    slots.push_back(declare_slots(graph, weight, *rules.of(spec_of(graph, weight).name)));
  }
  const auto factors = clip_factors(graph, common_, gradients, slots);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const StateSpec& spec = spec_of(graph, weights[i]);
    const auto next =
        ops::update(rules.of(spec.name), weights[i], gradients[i], slots[i], factors[i]);
    graph.assign(weights[i], next[0]);
    for (std::size_t k = 0; k < slots[i].size(); ++k) graph.assign(slots[i][k], next[k + 1]);
  }
}

void Optimizer::finalize_variable_values(StateStore& states) const {
  if (!common_.use_ema) return;
  for (const auto& entry : states.entries()) {
    const std::string average = slot_name(kAverageSlot, entry.spec.name);
    if (entry.spec.kind == StateSpec::Kind::Weight && states.contains(average)) {
      states.write(entry.spec.name, states.read(average));
    }
  }
}

std::vector<std::vector<std::string>> Optimizer::slot_groups() const {
  std::vector<std::vector<std::string>> groups;
  for (const std::string_view slot : common_slots(common_)) groups.push_back({std::string(slot)});
  const auto rule = update_rule();
  const auto own = rule->slot_names();
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (i == 0 || i >= interleaved_slots()) groups.emplace_back();
    groups.back().emplace_back(own[i]);
  }
  return groups;
}

Json Optimizer::config() const {
  Json config = Json::object({{"learning_rate", json_of(learning_rate_)}});
  const Json common = to_json(common_);
  for (const auto& [key, value] : common.members()) config.set(key, value);
  const Json own = own_config();
  for (const auto& [key, value] : own.members()) config.set(key, value);
  return config;
}

}  // namespace carnyx
