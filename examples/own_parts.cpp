// A layer, a loss, a metric and a callback of one's own: ops in, gradients and kernels follow.
#include <cstdio>
#include <memory>

#include <carnyx/carnyx.h>

using namespace carnyx;

namespace {

/// The larger of two products. Shapes: x [B, in]; out [B, units].
class Maxout final : public Layer {
 public:
  explicit Maxout(std::int64_t units) : units_(units) {}
  [[nodiscard]] std::string class_name() const override { return "Maxout"; }
  Value build(GraphBuilder& builder, Value x) const override {
    const Shape shape{x.shape().back(), units_};
    const Value a = ops::matmul(x, builder.weight("a", shape, GlorotUniform().pointer()));
    const Value b = ops::matmul(x, builder.weight("b", shape, GlorotUniform().pointer()));
    return ops::binary(a, b, ops::BinaryKind::Maximum);
  }

 private:
  std::int64_t units_;
};

/// |target - output|, row by row; the mean over rows is taken outside.
class Absolute final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "Absolute"; }
  Value per_row(GraphBuilder&, Value target, Value output) const override {
    return ops::unary(ops::subtract(output, target), ops::UnaryKind::Abs);
  }
};

/// By how much the output is too high, on average.
class Bias final : public MeanMetric {
 public:
  [[nodiscard]] std::string name() const override { return "bias"; }
  [[nodiscard]] std::string class_name() const override { return "Bias"; }
  Value per_row(GraphBuilder&, Value target, Value output) const override {
    return ops::subtract(output, target);
  }
};

/// Ends training where the loss is small enough.
class StopBelow final : public Callback {
 public:
  explicit StopBelow(double loss) : loss_(loss) {}
  [[nodiscard]] std::string name() const override { return "stop_below"; }
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override {
    std::printf("epoch %2d  loss %.4f  bias %+.4f\n",
                static_cast<int>(epoch + 1),
                logs.at("loss"),
                logs.at("bias"));
    context.stop_training = logs.at("loss") < loss_;
  }

 private:
  double loss_;
};

/// y = |x|: four hundred points from -2 to 2.
Dataset absolute_values() {
  Dataset data{.x = Tensor(DType::Float32, {400, 1}),
               .y = Tensor(DType::Float32, {400, 1}),
               .name = "absolute values"};
  for (std::size_t i = 0; i < 400; ++i) {
    const float x = static_cast<float>(i) / 100 - 2;
    data.x.data<float>()[i] = x;
    data.y.data<float>()[i] = x < 0 ? -x : x;
  }
  return data;
}

}  // namespace

int main() {
  const Dataset data = absolute_values();
  Sequential model({Maxout(4), Dense({.units = 1})});
  model.compile(
      {.optimizer = Adam({.learning_rate = 0.02}), .loss = Absolute(), .metrics = {Bias()}});
  model.fit(data,
            {.batch_size = 16, .epochs = 50, .callbacks = {std::make_shared<StopBelow>(0.02)}});
}
