#include "training/step_graphs.h"

#include <algorithm>
#include <optional>
#include <span>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

constexpr auto kTotalLoss = "loss";

struct Forward {
  Value loss;     ///< with all that regularizers add
  Value trained;  ///< what the gradients are of
};

Value with_term(Value loss, std::optional<Value> term) {
  return term ? ops::add(loss, *term) : loss;
}

const RowsType& find_rows(const std::vector<RowsType>& rows,
                          const std::string& name,
                          std::string_view what) {
  const auto found = std::ranges::find(rows, name, &RowsType::name);
  if (found != rows.end()) return *found;
  throw InvalidArgument(
      format("the model has the {} '{}', and the data set has none of this name", what, name));
}

/// The graph's inputs in the order of the network's.
std::vector<Value> declare_inputs(GraphBuilder& builder,
                                  const Network& network,
                                  const InputTypes& types) {
  if (types.inputs.size() == 1 && types.inputs[0].name == "x") {
    static_cast<void>(network.input_shape());  // says so if there are several
    return {builder.input("x", types.inputs[0].sample)};
  }
  std::vector<Value> xs;
  for (const Network::NamedInput& input : network.inputs()) {
    const RowsType& rows = find_rows(types.inputs, input.name, "input");
    xs.push_back(builder.input(input_name(rows.name), rows.sample));
  }
  return xs;
}

Value declare_target(GraphBuilder& builder, const Task& task, const InputTypes& types) {
  const bool is_alone = types.targets.size() == 1 && task.target == "y";
  const RowsType& rows =
      is_alone ? types.targets[0] : find_rows(types.targets, task.target, "output");
  return builder.input(target_name(rows.name), rows.sample, rows.dtype);
}

void add_metrics(GraphBuilder& builder,
                 const std::vector<Task>& tasks,
                 std::span<const Value> targets,
                 std::span<const Value> outputs,
                 std::optional<Value> weight) {
  for (const NamedMetric& named : named_metrics(tasks)) {
    const MetricInputs inputs{targets[named.task],
                              outputs[tasks[named.task].output],
                              named.weighted ? weight : std::nullopt};
    std::size_t part = 0;
    for (const Value sum : named.metric->build(builder, inputs)) {
      builder.result(result_name(named.name, part++), sum);
    }
  }
}

Forward build_forward(GraphBuilder& builder,
                      const Network& network,
                      const CompileOptions& compiled,
                      const InputTypes& types) {
  const std::vector<Task> tasks = tasks_of(network, compiled);
  const std::vector<Value> xs = declare_inputs(builder, network, types);
  std::vector<Value> targets;
  for (const Task& task : tasks) targets.push_back(declare_target(builder, task, types));
  std::optional<Value> weight;
  if (types.weighted) weight = builder.input("sample_weight", Shape{});
  const std::vector<Value> outputs = network.build(builder, xs);
  const Graph::Wide scope(builder.graph());  // as Keras's losses and metrics, whatever the policy
  std::vector<Value> losses;
  std::optional<Value> data_loss;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Task& task = tasks[i];
    const Value output = outputs[task.output];
    losses.push_back(weight ? task.loss->build_weighted(builder, targets[i], output, *weight)
                            : task.loss->build(builder, targets[i], output));
    const Value share =
        task.loss_weight == 1 ? losses.back() : ops::scale(losses.back(), task.loss_weight);
    data_loss = with_term(share, data_loss);
  }
  const GraphBuilder::Regularization regularization = builder.regularization();
  const Value loss = with_term(*data_loss, regularization.total);
  builder.result(kTotalLoss, loss);
  const std::vector<std::string> names = loss_names(tasks);
  for (std::size_t i = 0; i < names.size(); ++i) builder.result(names[i], losses[i]);
  add_metrics(builder, tasks, targets, outputs, weight);
  return {loss, with_term(*data_loss, regularization.differentiated)};
}

}  // namespace

std::string result_name(const std::string& metric, std::size_t part) {
  return part == 0 ? metric : metric + "/" + std::to_string(part);
}

std::string output_result(std::size_t output) {
  return "output/" + std::to_string(output);
}

std::string input_name(std::string_view name) {
  return name == "x" ? "x" : "x/" + std::string(name);
}

std::string target_name(std::string_view name) {
  return name == "y" ? "y" : "y/" + std::string(name);
}

InputTypes input_types(const Dataset& data) {
  const auto sample_of = [](const Shape& shape) {
    return Shape(
        std::vector<std::int64_t>(shape.begin() + (shape.rank() > 0 ? 1 : 0), shape.end()));
  };
  InputTypes types{.inputs = {}, .targets = {}, .weighted = !data.sample_weight.empty()};
  for (const NamedRows& input : data.input_rows()) {
    types.inputs.push_back({.name = input.name, .sample = sample_of(input.rows.shape())});
  }
  for (const NamedRows& target : data.target_rows()) {
    types.targets.push_back(
        {.name = target.name,
         .sample = sample_of(target.rows.shape()),
         .dtype = is_floating(target.rows.dtype()) ? DType::Float32 : DType::Int32});
  }
  return types;
}

namespace {

/// The gradients' sums over all replicas. What layers move besides weights, by their own rows, goes
/// along: it becomes the mean over all rows, so that replicas stay equal.
std::vector<Value> reduced(Graph& graph, std::vector<Value> slopes, Reducer& reducer) {
  const std::vector<Graph::Assignment> moved = graph.assignments();
  const std::size_t count = slopes.size();
  const Value share = ops::binary(ops::valid_count(graph),
                                  ops::gradient_scale(graph),
                                  ops::BinaryKind::Multiply,
                                  Precision::Wide);
  for (const Graph::Assignment& assignment : moved) {
    const Value next = graph.value(assignment.next);
    slopes.push_back(ops::binary(next, share, ops::BinaryKind::Multiply, Precision::Wide));
  }
  slopes = ops::all_reduce(slopes, reducer);
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const Graph::State& state = graph.states()[static_cast<std::size_t>(moved[i].state)];
    graph.assign(graph.value(state.value), slopes[count + i]);
  }
  slopes.resize(count);
  return slopes;
}

}  // namespace

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
  if (reducer != nullptr) slopes = reduced(builder.graph(), std::move(slopes), *reducer);
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

std::unique_ptr<Graph> prediction_graph(const Network& network,
                                        const InputTypes& types,
                                        std::int64_t batch_size) {
  GraphBuilder builder(Mode::Inference, batch_size);
  const std::vector<Value> outputs =
      network.build(builder, declare_inputs(builder, network, types));
  for (std::size_t i = 0; i < outputs.size(); ++i) builder.result(output_result(i), outputs[i]);
  return builder.finish();
}

}  // namespace carnyx
