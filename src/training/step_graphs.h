// All that joins layers, loss, metrics and optimizer: the graphs of one training step and of one
// step of inference.
#pragma once

#include <memory>

#include "carnyx/graph/reducer.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// How the data set's x and y enter a graph.
struct InputTypes {
  Shape x_sample;
  Shape y_sample;                ///< empty for labels
  DType y_dtype = DType::Int32;  ///< Int32 labels or Float32 targets
  bool weighted = false;         ///< each sample has a weight
  bool operator==(const InputTypes&) const = default;
};
InputTypes input_types(const Dataset& data);

/// A metric under the name that logs have it by: Keras's, which numbers those that come twice.
struct NamedMetric {
  std::string name;
  AnyMetric metric;
  bool weighted;
};
std::vector<NamedMetric> named_metrics(const CompileOptions& compiled);
/// The result that holds sum `part` of a metric: "auc", "auc/1", ...
std::string result_name(const std::string& metric, std::size_t part);

/// Results "loss" and each metric's sums; assigns weights and slots.
std::unique_ptr<Graph> training_graph(const Network& network,
                                      const CompileOptions& compiled,
                                      const InputTypes& types,
                                      std::int64_t batch_size,
                                      Reducer* reducer);
/// Results "loss" and each metric's sums.
std::unique_ptr<Graph> evaluation_graph(const Network& network,
                                        const CompileOptions& compiled,
                                        const InputTypes& types,
                                        std::int64_t batch_size);
/// Result "output". Also declares the weights of a model that was never compiled.
std::unique_ptr<Graph> prediction_graph(const Network& network, std::int64_t batch_size);

}  // namespace carnyx
