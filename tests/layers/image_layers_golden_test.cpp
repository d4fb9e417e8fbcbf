// The layers of tests/oracle/image_layers.py beside Keras's: outputs, gradients, moving statistics.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/graph/ops.h"
#include "carnyx/layers/registry.h"

#include "tests/layers/golden_cases.h"

namespace carnyx {
namespace {

struct Precision {
  Backend backend;
  DType dtype;
  double tolerance;  // relative to the larger of 1 and the number
};

Shape shape_of(const Json& json) {
  std::vector<std::int64_t> axes;
  for (const Json* level = &json; level->is_array(); level = &level->at(std::size_t{0})) {
    axes.push_back(static_cast<std::int64_t>(level->size()));
  }
  return Shape(std::move(axes));
}

Tensor tensor_of(const Json& json) {
  return Tensor::from<double>(shape_of(json), flat(json));
}

/// A weight's float32, of which the text is only the shortest that tells it from others.
Tensor weight_of(const Json& json) {
  Tensor weight = tensor_of(json);
  for (double& number : weight.data<double>()) number = double{static_cast<float>(number)};
  return weight;
}

/// A case's layer on its x, with its weights, and the gradients of its weighted sum.
class GoldenLayer {
 public:
  GoldenLayer(const Json& expected, Mode mode, const Precision& precision) {
    const Tensor x = tensor_of(expected.at("x"));
    GraphBuilder builder(mode, x.shape()[0]);
    const Value input = builder.weight("x", x.shape(), nullptr);
    const AnyLayer layer = layer_from_json(expected.at("layer"));
    const Value y = [&] {
      const GraphBuilder::Scope scope(builder, "layer");
      return layer->build(builder, input);
    }();
    builder.result("y", y);
    const Value slope = ops::constant(builder.graph(), y.shape(), flat(expected.at("slope")));
    const std::vector<Value> sources = builder.trainable_weights();
    const std::vector<Value> slopes = gradients(ops::sum_all(ops::multiply(y, slope)), sources);
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      builder.result("slope/" + std::to_string(i), slopes[i]);
    }
    graph_ = builder.finish();
    states_ = StateStore(graph_->states(), state_format(precision.backend, precision.dtype), 1);
    states_.write("x", x);
    for (const Json& weight : expected.at("weights").items()) {
      states_.write("layer/" + weight.at(std::size_t{0}).as_string(), weight_of(weight.at(1)));
    }
    program_.emplace(*graph_, states_, pool_, ProgramOptions{precision.backend, precision.dtype});
  }

  void run() { program_->run({.valid_rows = states_.read("x").shape()[0]}); }
  [[nodiscard]] Tensor result(const std::string& name) const { return program_->value(name); }
  [[nodiscard]] StateStore& states() { return states_; }

 private:
  std::unique_ptr<Graph> graph_;
  StateStore states_;
  kernels::ThreadPool pool_{1};
  std::optional<Program> program_;
};

void expect_near(const Tensor& got,
                 const Json& expected,
                 double tolerance,
                 const std::string& what) {
  EXPECT_EQ(got.shape(), shape_of(expected)) << what;
  const std::vector<double> wanted = flat(expected);
  ASSERT_EQ(got.elements(), std::ssize(wanted)) << what;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_NEAR(got.at(static_cast<std::int64_t>(i)),
                wanted[i],
                tolerance * std::max(1.0, std::abs(wanted[i])))
        << what << '[' << i << ']';
  }
}

void expect_statistics_to_move(GoldenLayer& layer,
                               const Json& expected,
                               const Precision& precision,
                               const std::string& what) {
  Tensor x = tensor_of(expected.at("x"));
  for (double& number : x.data<double>()) number = 2 * number + 1;
  layer.states().write("x", x);
  layer.run();
  const Json& moved = expected.at("float64").at("moved");
  const Json& weights = expected.at("weights");
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const Json& weight = weights.at(weights.size() - moved.size() + i);  // they come last
    const std::string name = "layer/" + weight.at(std::size_t{0}).as_string();
    expect_near(layer.states().read(name), moved.at(i), precision.tolerance, what + ": " + name);
  }
}

void expect_case(const Json& expected, const Precision& precision) {
  const std::string what = expected.at("layer").dump();
  const Json& wanted = expected.at("float64");
  GoldenLayer inference(expected, Mode::Inference, precision);
  inference.run();
  expect_near(inference.result("y"), wanted.at("inference"), precision.tolerance, what);
  GoldenLayer training(expected, Mode::Training, precision);
  training.run();
  expect_near(training.result("y"), wanted.at("training"), precision.tolerance, what);
  const Json& slopes = wanted.at("slopes");
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    const std::string name = "slope/" + std::to_string(i);
    expect_near(training.result(name), slopes.at(i), precision.tolerance, what + ": " + name);
  }
  if (wanted.contains("moved")) expect_statistics_to_move(training, expected, precision, what);
}

TEST(ImageLayers, ComputeWhatKerasDoes) {
  const Json cases = golden_cases("image_layers");
  ASSERT_GT(cases.size(), 100U);
  for (const Json& expected : cases.items()) {
    const bool resizes = expected.at("layer").at("config").contains("interpolation");
    expect_case(expected, {Backend::Reference, DType::Float64, resizes ? 1e-6 : 1e-7});
    expect_case(expected, {Backend::Cpu, DType::Float32, 1e-5});
  }
}

TEST(ImageLayers, WriteTheConfigsThatKerasWrites) {
  const Json cases = golden_cases("image_layers");
  for (const Json& expected : cases.items()) {
    const Json& layer = expected.at("layer");
    const Json ours = layer_to_json(*layer_from_json(layer), "layer").at("config");
    for (const auto& [key, value] : layer.at("config").members()) {
      const bool spoken_of = key != "name" && !key.starts_with("renorm") &&
                             !key.ends_with("initializer");  // of which Keras 3.15 says more
      if (!spoken_of) continue;
      const Json* found = ours.find(key);
      ASSERT_NE(found, nullptr) << layer.at("class_name").as_string() << ": " << key;
      if (value.is_number()) {
        EXPECT_EQ(found->as_number(), value.as_number()) << key;
      } else {
        EXPECT_EQ(found->dump(), value.dump()) << key;
      }
    }
  }
}

}  // namespace
}  // namespace carnyx
