#include "carnyx/graph/graph_builder.h"

#include <algorithm>

#include "carnyx/base/rng.h"

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

Value GraphBuilder::state(std::string_view name,
                          Shape shape,
                          InitializerPtr initializer,
                          bool trainable) {
  using Kind = StateSpec::Kind;
  return graph_->state({.name = path_ + std::string(name),
                        .shape = std::move(shape),
                        .initializer = std::move(initializer),
                        .kind = trainable ? Kind::Weight : Kind::Statistic,
                        .trainable = trainable});
}

Value GraphBuilder::weight(std::string_view name, Shape shape, InitializerPtr initializer) {
  return state(name, std::move(shape), std::move(initializer), true);
}

Value GraphBuilder::statistic(std::string_view name, Shape shape, InitializerPtr initializer) {
  return state(name, std::move(shape), std::move(initializer), false);
}

std::uint32_t GraphBuilder::random_stream() {
  const auto use = std::ranges::count(streams_, path_);
  streams_.push_back(path_);
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
