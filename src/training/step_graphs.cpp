#include "training/step_graphs.h"

#include <algorithm>

#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

constexpr auto kLoss = "loss";

struct Forward {
  Value target;
  Value output;
  Value loss;     ///< with all that regularizers add
  Value trained;  ///< what the gradients are of
};

Value with_term(Value loss, std::optional<Value> term) {
  return term ? ops::add(loss, *term) : loss;
}

Forward build_forward(GraphBuilder& builder,
                      const Network& network,
                      const CompileOptions& compiled,
                      const InputTypes& types) {
  const Value x = builder.input("x", types.x_sample);
  const Value target = builder.input("y", types.y_sample, types.y_dtype);
  std::optional<Value> weight;
  if (types.weighted) weight = builder.input("sample_weight", Shape{});
  const Value output = network.build(builder, x);
  const Value data_loss = weight ? compiled.loss->build_weighted(builder, target, output, *weight)
                                 : compiled.loss->build(builder, target, output);
  const GraphBuilder::Regularization regularization = builder.regularization();
  const Value loss = with_term(data_loss, regularization.total);
  builder.result(kLoss, loss);
  for (const NamedMetric& named : named_metrics(compiled)) {
    const MetricInputs inputs{target, output, named.weighted ? weight : std::nullopt};
    std::size_t part = 0;
    for (const Value sum : named.metric->build(builder, inputs)) {
      builder.result(result_name(named.name, part++), sum);
    }
  }
  const Value trained = with_term(data_loss, regularization.differentiated);
  return {target, output, loss, trained};
}

std::string numbered(const std::string& name, int number) {
  return number == 0 ? name : name + "_" + std::to_string(number);
}

}  // namespace

std::vector<NamedMetric> named_metrics(const CompileOptions& compiled) {
  std::vector<NamedMetric> metrics;
  const auto is_taken = [&](const std::string& name) {
    return name == kLoss || std::ranges::find(metrics, name, &NamedMetric::name) != metrics.end();
  };
  const auto add = [&](const AnyMetric& metric, bool weighted) {
    std::string name = metric->name();
    if (weighted && is_taken(name)) name = "weighted_" + name;
    int number = 0;
    while (is_taken(numbered(name, number))) ++number;
    metrics.push_back({numbered(name, number), metric, weighted});
  };
  for (const AnyMetric& metric : compiled.metrics) add(metric, false);
  for (const AnyMetric& metric : compiled.weighted_metrics) add(metric, true);
  return metrics;
}

std::string result_name(const std::string& metric, std::size_t part) {
  return part == 0 ? metric : metric + "/" + std::to_string(part);
}

InputTypes input_types(const Dataset& data) {
  const Shape& y = data.y.shape();
  const bool labels = !is_floating(data.y.dtype());
  return {.x_sample = data.sample_shape(),
          .y_sample = Shape(std::vector<std::int64_t>(y.begin() + (y.rank() > 0 ? 1 : 0), y.end())),
          .y_dtype = labels ? DType::Int32 : DType::Float32,
          .weighted = !data.sample_weight.empty()};
}

std::unique_ptr<Graph> training_graph(const Network& network,
                                      const CompileOptions& compiled,
                                      const InputTypes& types,
                                      std::int64_t batch_size,
                                      Reducer* reducer) {
  GraphBuilder builder(Mode::Training, batch_size);
  const Forward forward = build_forward(builder, network, compiled, types);
  const std::vector<Value> weights = builder.trainable_weights();
  const double loss_scale = compiled.optimizer->loss_scale();
  const Value loss = loss_scale == 1 ? forward.trained : ops::scale(forward.trained, loss_scale);
  std::vector<Value> slopes = gradients(loss, weights);
  if (reducer != nullptr) slopes = ops::all_reduce(slopes, *reducer);
  compiled.optimizer->build(builder, weights, slopes);
  return builder.finish();
}

std::unique_ptr<Graph> evaluation_graph(const Network& network,
                                        const CompileOptions& compiled,
                                        const InputTypes& types,
                                        std::int64_t batch_size) {
  GraphBuilder builder(Mode::Inference, batch_size);
  build_forward(builder, network, compiled, types);
  return builder.finish();
}

std::unique_ptr<Graph> prediction_graph(const Network& network, std::int64_t batch_size) {
  GraphBuilder builder(Mode::Inference, batch_size);
  const Value x = builder.input("x", network.input_shape());
  builder.result("output", network.build(builder, x));
  return builder.finish();
}

}  // namespace carnyx
