#include "carnyx/optimizers/optimizer.h"

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

class ZeroFill final : public Initializer {
 public:
  void fill(std::span<float> values, const Shape&, Rng) const override {
    for (float& value : values) value = 0;
  }
};

/// clip / max(norm, clip), norm being that of the mean gradient. [1] float32.
/// Source: keras.optimizers, clip_by_global_norm.
Value clip_factor(std::span<const Value> gradients, double clip) {
  Graph& graph = *gradients[0].graph;
  std::optional<Value> squares;
  for (const Value& gradient : gradients) {
    const Value sum = ops::sum_all(ops::unary(gradient, ops::UnaryKind::Square));
    squares = squares ? ops::add(*squares, sum) : sum;
  }
  const Value norm =
      ops::multiply(ops::convert(ops::unary(*squares, ops::UnaryKind::Sqrt), DType::Float32),
                    ops::gradient_scale(graph));
  const Value bound = ops::fill(graph, Shape{1}, clip);
  return ops::divide(bound, ops::binary(norm, bound, ops::BinaryKind::Maximum));
}

/// The path of the state that a weight's value is.
const std::string& name_of_state(const Graph& graph, Value weight) {
  const auto index = graph.state_of(weight.id);
  if (!index) throw InvalidArgument("optimizer: expected a trainable weight, got a computed value");
  return graph.states()[static_cast<std::size_t>(*index)].spec.name;
}

}  // namespace

Optimizer::Optimizer(OptimizerOptions common) : common_(common) {
  if (!(common.learning_rate > 0)) {
    throw InvalidArgument(
        format("optimizer: learning_rate must be positive, got {}", common.learning_rate));
  }
  if (common.global_clipnorm && !(*common.global_clipnorm > 0)) {
    throw InvalidArgument(
        format("optimizer: global_clipnorm must be positive, got {}", *common.global_clipnorm));
  }
}

std::string slot_name(std::string_view slot, std::string_view weight) {
  return std::string(slot) + "/" + std::string(weight);
}

void Optimizer::build(GraphBuilder& builder,
                      std::span<const Value> weights,
                      std::span<const Value> gradients) const {
  static const InitializerPtr kZeros = std::make_shared<const ZeroFill>();
  Graph& graph = builder.graph();
  const auto rule = update_rule();
  std::optional<Value> multiplier;
  if (common_.global_clipnorm && !gradients.empty()) {
    multiplier = clip_factor(gradients, *common_.global_clipnorm);
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    std::vector<Value> states = {weights[i]};
    for (const std::string_view slot : rule->slot_names()) {
      states.push_back(graph.state({.name = slot_name(slot, name_of_state(graph, weights[i])),
                                    .shape = weights[i].shape(),
                                    .initializer = kZeros,
                                    .kind = StateSpec::Kind::Slot,
                                    .trainable = false}));
    }
    const std::span<const Value> slots = std::span(states).subspan(1);
    const auto next = ops::update(rule, weights[i], gradients[i], slots, multiplier);
    for (std::size_t k = 0; k < next.size(); ++k) graph.assign(states[k], next[k]);
  }
}

Json Optimizer::config() const {
  Json config = Json::object({{"learning_rate", common_.learning_rate}});
  const Json own = own_config();
  for (const auto& [key, value] : own.members()) config.set(key, value);
  const auto& clip = common_.global_clipnorm;
  return config.set("global_clipnorm", clip ? Json(*clip) : Json());
}

}  // namespace carnyx
