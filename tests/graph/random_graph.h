// Training graphs drawn from a seed: matmuls, chains that cross, shared values, several losses.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/graph/graph_runs.h"

namespace carnyx {

struct RandomGraph {
  std::unique_ptr<Graph> graph;
  Sources sources;
  std::int64_t batch = 0;
};

class RandomGraphs {
 public:
  explicit RandomGraphs(std::uint64_t seed) : rng_(seed), batch_(pick({1, 3, 8, 17, 33})) {}

  RandomGraph draw() {
    GraphBuilder builder(Mode::Training, batch_);
    const std::int64_t features = pick({1, 5, 16, 31});
    pool_ = {builder.input("x", {features})};
    const std::int64_t count = 4 + below(14);
    for (std::int64_t i = 0; i < count; ++i) pool_.push_back(grow(builder));
    const Value loss =
        ops::add(square_loss(any()), ops::add(square_loss(pool_.back()), labels(builder)));
    builder.result("loss", loss);
    builder.result("some", any());
    descend(builder, loss);
    Sources sources = {{"x", random_rows({4 * batch_, features}, 1)},
                       {"y", random_labels(4 * batch_, kClasses, 2)}};
    return {builder.finish(), std::move(sources), batch_};
  }

 private:
  static constexpr std::int64_t kClasses = 5;

  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(bound)));
  }
  std::int64_t pick(std::vector<std::int64_t> choices) {
    return choices[static_cast<std::size_t>(below(std::ssize(choices)))];
  }
  Value any() { return pool_[static_cast<std::size_t>(below(std::ssize(pool_)))]; }
  /// Another value of the shape of `x`, or x itself.
  Value like(Value x) {
    std::vector<Value> fitting;
    for (const Value& value : pool_) {
      if (value.shape() == x.shape()) fitting.push_back(value);
    }
    return fitting[static_cast<std::size_t>(below(std::ssize(fitting)))];
  }
  static Value square_loss(Value x) {
    return ops::sum_valid(ops::scale(ops::unary(x, ops::UnaryKind::Square), 0.1));
  }
  Value labels(GraphBuilder& builder) {
    const Value y = builder.input("y", {}, DType::Int32);
    return ops::softmax_cross_entropy(dense(builder, any(), kClasses), y);
  }
  Value dense(GraphBuilder& builder, Value x, std::int64_t units) {
    const std::string name = "w" + std::to_string(weights_++);
    const Value kernel = builder.weight(name, {x.shape().back(), units}, uniform(-0.5F, 0.5F));
    const Value product = ops::matmul(x, kernel);
    if (below(3) == 0) return product;
    return ops::add(product, builder.weight(name + "b", {units}, uniform()));
  }

  Value grow(GraphBuilder& builder) {
    using Kind = ops::UnaryKind;
    const Value x = any();
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        return dense(builder, x, below(2) == 0 ? x.shape().back() : pick({1, 7, 16, 19}));
      case 3:
        return ops::multiply(ops::unary(x, Kind::Tanh), ops::unary(like(x), Kind::Sigmoid));
      case 4:
        return ops::subtract(x, ops::scale(like(x), 0.5));
      case 5:
        return ops::dropout(ops::unary(x, Kind::Tanh), 0.25, static_cast<std::uint32_t>(below(99)));
      case 6:
        return ops::unary(ops::shift(x, 0.25), pick({0, 1}) == 0 ? Kind::Softplus : Kind::Silu);
      case 7:
        return ops::softmax(x);
      case 8:
        return ops::row_mask(ops::add(x, like(x)));
      default:
        return ops::multiply(x, ops::mean_features(ops::unary(x, Kind::Sigmoid)));
    }
  }

  Rng rng_;
  std::int64_t batch_;
  std::vector<Value> pool_;
  int weights_ = 0;
};

}  // namespace carnyx
