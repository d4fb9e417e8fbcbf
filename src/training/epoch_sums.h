// What an epoch adds up, and what it comes to.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "carnyx/training/logs.h"

#include "training/step_graphs.h"

namespace carnyx {

/// The sums of "loss", of the losses of several tasks and of the metrics over the steps of an
/// epoch, and the rows they are over. They are numbers in one flat run, so that replicas add them
/// up and checkpoints keep them.
class EpochSums {
 public:
  EpochSums() = default;
  /// For the programs of this graph. What is summed does not depend on the batch's size.
  EpochSums(const std::vector<Task>& tasks, const Graph& graph);

  /// Adds a step's results. Allocates nothing.
  void add_step(const Program& program, std::int64_t rows);
  void clear();
  /// All sums, and the rows last.
  [[nodiscard]] std::span<const double> numbers() const { return numbers_; }
  /// Adds numbers() of before, or of another. Throws InvalidArgument if there are not as many.
  void add(std::span<const double> numbers);
  /// What numbers like these come to; those of several replicas may have been added up.
  [[nodiscard]] Logs logs_of(std::span<const double> numbers) const;
  [[nodiscard]] Logs logs() const { return logs_of(numbers_); }
  /// The names in logs, in their order.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Part {
    std::string result;
    std::size_t first;
    std::size_t count;
  };
  void add_part(const Graph& graph, const std::string& result);

  std::vector<std::string> losses_;  // "loss", and those of several tasks
  std::vector<NamedMetric> metrics_;
  std::vector<Part> parts_;
  std::vector<std::size_t> first_parts_;  // of each metric, and the end
  std::vector<double> numbers_ = {0};
  std::vector<double> step_;  // one part's elements
};

}  // namespace carnyx
