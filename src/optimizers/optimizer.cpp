#include "carnyx/optimizers/optimizer.h"

#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/constraint.h"
#include "carnyx/graph/ops.h"
#include "carnyx/graph/regularizer.h"

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

Regularizer::Slope slope_of(const StateSpec& weight) {
  if (weight.regularizer == nullptr) return {};
  return weight.regularizer->slope().value_or(Regularizer::Slope{});
}

bool is_none(const Regularizer::Slope& slope) {
  return slope.l1 == 0 && slope.l2 == 0;
}

/// Norms of the gradients that the rule will see: means over the batch, with the slopes of the
/// weights' regularizers, and over several steps if they are gathered.
class Norms {
 public:
  Norms(Graph& graph, const OptimizerOptions& options)
      : graph_(graph),
        options_(options),
        scale_(ops::scale(ops::gradient_scale(graph), 1 / options.loss_scale_factor.value_or(1))) {}

  /// Sum of squares, float64 [1]. `accumulator`: what the steps before this one left, if they do.
  [[nodiscard]] Value squares(Value weight,
                              Value gradient,
                              std::optional<Value> accumulator) const {
    const Regularizer::Slope slope = slope_of(spec_of(graph_, weight));
    if (!accumulator && is_none(slope)) {  // the scale is common to all elements, and comes last
      const Value scale = ops::convert(scale_, DType::Float64);
      return ops::multiply(sum_of_squares(gradient), ops::multiply(scale, scale));
    }
    Value mean = ops::multiply(gradient, scale_);
    if (slope.l2 != 0) mean = ops::add(mean, ops::scale(weight, 2 * slope.l2));
    if (slope.l1 != 0) {
      mean = ops::add(mean, ops::scale(ops::unary(weight, ops::UnaryKind::Sign), slope.l1));
    }
    return sum_of_squares(accumulator ? ops::add(mean, *accumulator) : mean);
  }
  /// clip / max(norm, clip), [1]. Source: keras.optimizers, clip_by_global_norm.
  [[nodiscard]] Value factor(Value squares, double clip) const {
    const auto steps = static_cast<double>(options_.gradient_accumulation_steps.value_or(1));
    const Value norm = ops::scale(
        ops::convert(ops::unary(squares, ops::UnaryKind::Sqrt), DType::Float32), 1 / steps);
    const Value bound = ops::fill(graph_, Shape{1}, clip);
    return ops::divide(bound, ops::binary(norm, bound, ops::BinaryKind::Maximum));
  }

 private:
  static Value sum_of_squares(Value x) {
    return ops::sum_all(ops::unary(x, ops::UnaryKind::Square));
  }

  Graph& graph_;
  const OptimizerOptions& options_;
  Value scale_;  ///< from sums of the scaled loss to means of the loss
};

/// For each weight, what clipping by a norm leaves of its gradient; nothing without such clipping.
std::vector<std::optional<Value>> clip_factors(const OptimizerOptions& options,
                                               std::span<const Value> weights,
                                               std::span<const Value> gradients,
                                               std::span<const std::vector<Value>> slots) {
  std::vector<std::optional<Value>> factors(gradients.size());
  if (gradients.empty() || (!options.clipnorm && !options.global_clipnorm)) return factors;
  const Norms norms(*gradients[0].graph, options);
  std::vector<Value> squares;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    std::optional<Value> accumulator;
    if (options.gradient_accumulation_steps) accumulator = slots[i][options.use_ema ? 1 : 0];
    squares.push_back(norms.squares(weights[i], gradients[i], accumulator));
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

bool is_excluded(const OptimizerOptions& options, std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(options.exclude_from_weight_decay, [&](const std::string& part) {
    return name.find(part) != std::string_view::npos;
  });
}

using RulePtr = std::shared_ptr<const kernels::UpdateRule>;

/// The optimizer's own rule for a weight, or a composed one where something asks for more.
RulePtr rule_for(const StateSpec& weight, const RulePtr& own, const OptimizerOptions& options) {
  WeightPulls pulls{.slope = slope_of(weight)};
  if (options.weight_decay && !is_excluded(options, weight.name)) {
    pulls.weight_decay = *options.weight_decay;
  }
  // Clipping by a norm alone needs no rule of its own: the gradient comes multiplied.
  const bool more = options.clipvalue || options.use_ema || options.loss_scale_factor ||
                    options.gradient_accumulation_steps || pulls.weight_decay != 0 ||
                    !is_none(pulls.slope);
  return more ? std::make_shared<const ComposedRule>(own, options, pulls) : own;
}

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
  const RulePtr own = update_rule();
  std::vector<RulePtr> rules;
  std::vector<std::vector<Value>> slots;
  for (const Value& weight : weights) {
    rules.push_back(rule_for(spec_of(graph, weight), own, common_));
    slots.push_back(declare_slots(graph, weight, *rules.back()));
  }
  const auto factors = clip_factors(common_, weights, gradients, slots);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    auto next = ops::update(rules[i], weights[i], gradients[i], slots[i], factors[i]);
    const ConstraintPtr& constraint = spec_of(graph, weights[i]).constraint;
    if (constraint != nullptr) next[0] = constraint->apply(next[0]);
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
