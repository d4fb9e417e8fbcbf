// All that joins layers, loss, metrics and optimizer: the graphs of one training step and of one
// step of inference.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/graph/reducer.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// How one input or target of the data set enters a graph.
struct RowsType {
  std::string name;              ///< Dataset's: "x", "y" or that of one of several
  Shape sample;                  ///< empty for labels
  DType dtype = DType::Float32;  ///< of targets Int32 for labels
  bool operator==(const RowsType&) const = default;
};
struct InputTypes {
  std::vector<RowsType> inputs;
  std::vector<RowsType> targets;
  bool weighted = false;  ///< each sample has a weight
  bool operator==(const InputTypes&) const = default;
};
InputTypes input_types(const Dataset& data);

/// What a graph calls an input or target: "x" or "y" of one, "x/NAME" or "y/NAME" of several.
std::string input_name(std::string_view name);
std::string target_name(std::string_view name);

/// How one output is judged. There is a task for each output that has a loss.
struct Task {
  std::size_t output;  ///< in the network's outputs
  std::string target;  ///< "y", or the output's name among several
  std::string prefix;  ///< of its names in logs: "", or the output's name and "_"
  AnyLoss loss;
  double loss_weight;
  std::vector<AnyMetric> metrics;
  std::vector<AnyMetric> weighted_metrics;
};
/// Throws InvalidArgument unless `compiled` has what the network's outputs need, and nothing else.
std::vector<Task> tasks_of(const Network& network, const CompileOptions& compiled);
/// Throws InvalidArgument if labels count classes for which their output has no unit: such samples
/// would weigh nothing. One unit may tell two classes apart, or be measured against numbers.
void require_classes(const Network& network, const CompileOptions& compiled, const Dataset& data);

/// A metric under the name that logs have it by: Keras's, which numbers those that come twice.
struct NamedMetric {
  std::string name;
  AnyMetric metric;
  bool weighted;
  std::size_t task;
};
std::vector<NamedMetric> named_metrics(const std::vector<Task>& tasks);
/// The results that hold the losses of several tasks: "a_loss"; none of one.
std::vector<std::string> loss_names(const std::vector<Task>& tasks);
/// The result that holds sum `part` of a metric: "auc", "auc/1", ...
std::string result_name(const std::string& metric, std::size_t part);

/// Results "loss", those of several tasks, and each metric's sums; assigns weights and slots.
std::unique_ptr<Graph> training_graph(const Network& network,
                                      const CompileOptions& compiled,
                                      const InputTypes& types,
                                      std::int64_t batch_size,
                                      Reducer* reducer);
/// The same results.
std::unique_ptr<Graph> evaluation_graph(const Network& network,
                                        const CompileOptions& compiled,
                                        const InputTypes& types,
                                        std::int64_t batch_size);
/// The result that holds an output: "output/0", ...
std::string output_result(std::size_t output);
/// A result for each output. Also declares the weights of a model that was never compiled.
std::unique_ptr<Graph> prediction_graph(const Network& network,
                                        const InputTypes& types,
                                        std::int64_t batch_size);

}  // namespace carnyx
