#include "carnyx/graph/graph_builder.h"

#include "carnyx/base/rng.h"
#include "carnyx/graph/ops.h"
#include "carnyx/graph/regularizer.h"

namespace carnyx {

GraphBuilder::Scope::Scope(GraphBuilder& builder, std::string_view name)
    : builder_(builder), length_(builder.path_.size()) {
  builder_.path_ += name;
  builder_.path_ += '/';
}

Value GraphBuilder::input(const std::string& name, const Shape& sample_shape, DType dtype) {
  std::vector<std::int64_t> axes = {batch_size_};
  axes.insert(axes.end(), sample_shape.begin(), sample_shape.end());
  return graph_->input(name, {Shape(std::move(axes)), dtype});
}

Value GraphBuilder::state(StateSpec spec, std::string_view name) {
  spec.name = path_ + std::string(name);
  return graph_->state(spec);
}

Value GraphBuilder::weight(std::string_view name,
                           Shape shape,
                           InitializerPtr initializer,
                           WeightOptions options) {
  return state({.name = {},
                .shape = std::move(shape),
                .initializer = std::move(initializer),
                .trainable = !frozen(),
                .regularizer = std::move(options.regularizer),
                .constraint = std::move(options.constraint)},
               name);
}

Value GraphBuilder::statistic(std::string_view name,
                              Shape shape,
                              InitializerPtr initializer,
                              DType saved_as) {
  return state({.name = {},
                .shape = std::move(shape),
                .initializer = std::move(initializer),
                .kind = StateSpec::Kind::Statistic,
                .trainable = false,
                .saved_as = saved_as},
               name);
}

Value GraphBuilder::latest(Value state) {
  for (const Graph::Assignment& assignment : graph_->assignments()) {
    const Graph::State& assigned = graph_->states()[static_cast<std::size_t>(assignment.state)];
    if (assigned.value == state.id) return graph_->value(assignment.next);
  }
  return state;
}

void GraphBuilder::regularize(const Regularizer& regularizer, Value output) {
  const Value penalty = regularizer.penalty(ops::row_mask(output), ops::valid_count(*graph_));
  output_penalties_.push_back(ops::convert(penalty, DType::Float64));
}

/// Of the weights that train, as in Keras 3; times the samples, for it stands beside their mean.
/// `with_slopes`: of the regularizers that give their slope, or of the others.
std::optional<Value> GraphBuilder::weight_penalties(bool with_slopes) {
  std::optional<Value> sum;
  const std::vector<Graph::State> states = graph_->states();  // a copy: penalties add nodes
  for (const Graph::State& state : states) {
    const Regularizer* regularizer = state.spec.regularizer.get();
    if (regularizer == nullptr || !state.spec.trainable) continue;
    if (regularizer->slope().has_value() != with_slopes) continue;
    const Value weight = graph_->value(state.value);
    const auto rows = static_cast<double>(weight.shape().rank() == 0 ? 1 : weight.shape()[0]);
    const Value penalty = ops::convert(
        regularizer->penalty(weight, ops::fill(*graph_, Shape{1}, rows)), DType::Float64);
    sum = sum ? ops::add(*sum, penalty) : penalty;
  }
  if (!sum) return std::nullopt;
  return ops::multiply(*sum, ops::convert(ops::valid_count(*graph_), DType::Float64));
}

GraphBuilder::Regularization GraphBuilder::regularization() {
  const auto sum = [](std::optional<Value> a, std::optional<Value> b) {
    return a && b ? ops::add(*a, *b) : a ? a : b;
  };
  std::optional<Value> differentiated = weight_penalties(false);
  for (const Value& penalty : output_penalties_) differentiated = sum(differentiated, penalty);
  return {.total = sum(differentiated, weight_penalties(true)), .differentiated = differentiated};
}

std::uint32_t GraphBuilder::random_stream() {
  const std::int64_t use = streams_[path_]++;
  return stream_of(path_ + "#" + std::to_string(use));
}

std::vector<Value> GraphBuilder::trainable_weights() {
  std::vector<Value> weights;
  for (const Graph::State& state : graph_->states()) {
    if (state.spec.trainable) weights.push_back(graph_->value(state.value));
  }
  return weights;
}

}  // namespace carnyx
