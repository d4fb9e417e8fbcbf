// Training graphs of images, drawn from a seed: convolutions, pooling, batch normalization,
// elements moved about, masks of channels and of samples, between products and losses.
#pragma once

#include "carnyx/graph/image_ops.h"

#include "tests/graph/random_graph.h"

namespace carnyx {

class RandomImages {
 public:
  explicit RandomImages(std::uint64_t seed) : rng_(seed), batch_(pick({1, 2, 3, 9})) {}

  RandomGraph draw() {
    GraphBuilder builder(Mode::Training, batch_);
    const Shape image{pick({1, 4, 5}), pick({2, 6, 7}), pick({1, 3, 16, 18})};
    const Value x = builder.input("x", image);
    pool_ = {x};
    const std::int64_t count = 3 + below(7);
    for (std::int64_t i = 0; i < count; ++i) pool_.push_back(grow(builder));
    Value loss = ops::add(square_loss(any()), square_loss(dense(builder, flat(pool_.back()), 5)));
    loss = ops::add(loss, square_loss(channels_shifted(builder, any())));
    builder.result("loss", loss);
    builder.result("some", any());
    descend(builder, loss);
    Sources sources = {{"x", random_rows({4 * batch_, image[0], image[1], image[2]}, 1)}};
    return {builder.finish(), std::move(sources), batch_};
  }

 private:
  using Kind = ops::UnaryKind;

  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(bound)));
  }
  std::int64_t pick(std::vector<std::int64_t> choices) {
    return choices[static_cast<std::size_t>(below(std::ssize(choices)))];
  }
  Value any() { return pool_[static_cast<std::size_t>(below(std::ssize(pool_)))]; }
  Value like(Value x) {
    std::vector<Value> fitting = {x};  // which may be in no pool
    for (const Value& value : pool_) {
      if (value.shape() == x.shape()) fitting.push_back(value);
    }
    return fitting[static_cast<std::size_t>(below(std::ssize(fitting)))];
  }
  static Value square_loss(Value x) {
    return ops::sum_valid(ops::scale(ops::unary(x, Kind::Square), 0.1));
  }
  static Value flat(Value x) {
    return ops::reshape(x, {x.shape()[0], x.shape().elements() / x.shape()[0]});
  }
  Value row(GraphBuilder& builder, std::int64_t channels, float low, float high) {
    return builder.weight("r" + std::to_string(weights_++), {channels}, uniform(low, high));
  }
  Value dense(GraphBuilder& builder, Value x, std::int64_t units) {
    const std::string name = "w" + std::to_string(weights_++);
    return ops::matmul(x, builder.weight(name, {x.shape().back(), units}, uniform(-0.5F, 0.5F)));
  }
  Value channels_shifted(GraphBuilder& builder, Value x) {
    return ops::unary(ops::add(x, row(builder, x.shape().back(), -1, 1)), Kind::Relu);
  }
  Value normalized(GraphBuilder& builder, Value x) {
    const std::int64_t channels = x.shape().back();
    const Value gamma = row(builder, channels, 0.5, 1.5);
    const ops::BatchNorm norm = ops::batch_norm(x, gamma, row(builder, channels, -1, 1), 0.1);
    const std::string name = "mean" + std::to_string(weights_++);
    const Value mean = builder.statistic(name, {channels}, uniform(0, 0));
    builder.assign(mean, ops::add(ops::scale(mean, 0.5), ops::scale(norm.mean, 0.5)));
    if (below(2) == 0) return norm.y;
    return ops::multiply(ops::unary(norm.y, Kind::Relu), gamma);  // moved and read in one group
  }
  /// A window that fits; of max pooling one that ties seldom matter to.
  ops::Window window(const Shape& x) {
    const ops::Pair size = {std::min(x[1], 1 + below(3)), std::min(x[2], 1 + below(3))};
    ops::Window drawn{.size = size, .stride = {1 + below(2), 1 + below(3)}};
    if (below(2) == 0) drawn = ops::with_same_padding(drawn, {x[1], x[2]});
    if (below(4) == 0) drawn = {.size = {x[1], x[2]}};  // all of it
    return drawn;
  }
  Value convolved(GraphBuilder& builder, Value x) {
    const ops::Window drawn = window(x.shape());
    const Shape shape{drawn.size[0], drawn.size[1], x.shape()[3], pick({2, 16})};
    const Value kernel =
        builder.weight("k" + std::to_string(weights_++), shape, uniform(-0.3F, 0.3F));
    if (below(2) == 0) return ops::conv2d(x, kernel, drawn);
    return ops::conv2d(ops::pad(x, {0, 1, 0, 0}, {0, 0, 1, 0}), kernel, drawn);
  }
  Value weighed(Value x) {
    const Shape groups = below(2) == 0 ? Shape{x.shape()[0], 1, 1, x.shape()[3]}
                                       : Shape{x.shape()[0], x.shape()[1], 1, x.shape()[3]};
    const Value mean = ops::scale(ops::sum_to(x, groups), 0.1);
    if (below(3) == 0) return ops::add(x, ops::broadcast_to(mean, x.shape()));
    return ops::multiply(x, ops::unary(mean, Kind::Sigmoid));
  }
  Value moved(Value x) {
    const Shape& shape = x.shape();
    switch (below(5)) {
      case 0:
        return ops::transpose(x, {0, 2, 1, 3});
      case 1:
        return ops::transpose(x, {0, 3, 1, 2});
      case 2:
        return ops::slice(x,
                          {0, shape[1] / 2, 0, shape[3] / 3},
                          {shape[0], shape[1] - shape[1] / 2, shape[2], shape[3] - shape[3] / 3});
      case 3:
        return ops::pad(x, {0, 1, 0, below(2)}, {0, 0, 2, below(20)}, below(2) == 0 ? 0 : 0.5);
      default:
        return ops::repeat_pixels(x, {pick({1, 2}), 2});
    }
  }
  Value reshaped(Value x) {
    const Shape& shape = x.shape();
    return ops::reshape(x, {shape[0], 1, shape[1], shape[2] * shape[3]});
  }

  Value grow(GraphBuilder& builder) {
    Value x = any();
    if (x.shape().elements() > 3000) x = ops::max_pool2d(x, {.size = {x.shape()[1], 1}});
    switch (below(12)) {
      case 0:
        return dense(builder, x, pick({3, 16}));
      case 1:
        return convolved(builder, x);
      case 2:
      case 10:
        return normalized(builder, x);
      case 3:
        return ops::max_pool2d(x, window(x.shape()));
      case 4:
        return ops::average_pool2d(x, window(x.shape()));
      case 5:
        return weighed(x);
      case 6:
        return moved(x);
      case 7:
        return reshaped(x);
      case 8: {
        const std::vector<Value> parts = {x, like(x), ops::unary(x, Kind::Tanh)};
        return ops::concatenate(parts, pick({1, 2, 3}));
      }
      case 9:
        return ops::row_mask(ops::dropout(x, 0.25, static_cast<std::uint32_t>(below(99))));
      default:
        return channels_shifted(builder, ops::add(x, ops::scale(like(x), 0.5)));
    }
  }

  Rng rng_;
  std::int64_t batch_;
  std::vector<Value> pool_;
  int weights_ = 0;
};

}  // namespace carnyx
