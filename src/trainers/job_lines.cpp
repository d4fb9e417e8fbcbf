#include "trainers/job_lines.h"

#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/format.h"
#include "carnyx/layers/core.h"
#include "carnyx/models/summary.h"

namespace carnyx {
namespace {

bool is_keras2(const JobOptions& options) {
  return options.log_style == LogStyle::Keras2 && *options.verbose > 0;
}

/// The network with its layers counted from 1, as Keras 2 does; a graph has the names it was given.
Network renamed(const Network& network) {
  if (network.is_functional()) return network;
  std::vector<AnyLayer> layers;
  if (!network.layers().front().layer->input_shape()) {
    layers.emplace_back(Input({.shape = network.input_shape().axes()}));
  }
  for (const auto& named : network.layers()) layers.push_back(named.layer);
  return Network(std::move(layers), {.naming = NamingStyle::Keras2});
}

/// As NumPy has it: "(60000, 28, 28, 1)".
std::string full_shape(const JobData& data) {
  std::string text = format("({}", data.train_samples());
  for (const std::int64_t extent : data.parts.train.sample_shape()) text += format(", {}", extent);
  return text + ")";
}

}  // namespace

void print_opening(const JobOptions& options,
                   const TrainerOutputs& outputs,
                   ProgressOutput& output) {
  if (!is_keras2(options)) return;
  for (const std::string& line : outputs.opening) output.write(line + "\n");
}

void print_model(const JobOptions& options,
                 const TrainerOutputs& outputs,
                 const Network& network,
                 const JobData& data,
                 ProgressOutput& output) {
  if (*options.verbose == 0 || options.log_style == LogStyle::Json) return;
  if (!is_keras2(options)) {
    output.write(
        summary_text(network, {.terminal_columns = output.columns(), .ascii = !output.has_utf8()}));
    return;
  }
  if (outputs.says_train_shape) {
    output.write(format("x_train shape: {}\n", full_shape(data)));
  }
  if (outputs.says_sample_counts) {
    output.write(
        format("{} train samples\n{} test samples\n", data.train_samples(), data.test_samples()));
  }
  if (outputs.says_summary) {
    output.write(summary_text(renamed(network), {.style = SummaryStyle::Keras2}));
  }
}

void print_evaluation(const JobOptions& options,
                      const TrainerOutputs& outputs,
                      const Evaluation& evaluation,
                      ProgressOutput& output) {
  if (!is_keras2(options) || !outputs.evaluation_line) return;
  output.write(outputs.evaluation_line(evaluation) + "\n");
}

}  // namespace carnyx
