#include "training/epoch_sums.h"

#include <algorithm>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr auto kLoss = "loss";

const Graph::Result* find_result(const Graph& graph, const std::string& name) {
  const auto found = std::ranges::find(graph.results(), name, &Graph::Result::name);
  return found == graph.results().end() ? nullptr : &*found;
}

void set_results(Logs& logs, const std::string& name, const std::vector<double>& results) {
  if (results.size() == 1) return logs.set(name, results[0]);
  for (std::size_t i = 0; i < results.size(); ++i) {
    logs.set(name + "_" + std::to_string(i), results[i]);
  }
}

}  // namespace

EpochSums::EpochSums(const std::vector<Task>& tasks, const Graph& graph)
    : losses_(loss_names(tasks)), metrics_(named_metrics(tasks)) {
  losses_.insert(losses_.begin(), kLoss);
  for (const std::string& loss : losses_) add_part(graph, loss);
  for (const NamedMetric& named : metrics_) {
    first_parts_.push_back(parts_.size());
    for (std::size_t part = 0; find_result(graph, result_name(named.name, part)); ++part) {
      add_part(graph, result_name(named.name, part));
    }
  }
  first_parts_.push_back(parts_.size());
}

void EpochSums::add_part(const Graph& graph, const std::string& result) {
  const Graph::Result* found = find_result(graph, result);
  CARNYX_ENSURE(found != nullptr);
  const auto count = static_cast<std::size_t>(graph.type(found->value).shape.elements());
  const std::size_t first = numbers_.size() - 1;
  parts_.push_back({result, first, count});
  numbers_.resize(first + count + 1, 0);
  step_.resize(std::max(step_.size(), count));
}

void EpochSums::add_step(const Program& program, std::int64_t rows) {
  for (const Part& part : parts_) {
    const auto step = std::span(step_).first(part.count);
    program.read(part.result, step);
    for (std::size_t i = 0; i < part.count; ++i) numbers_[part.first + i] += step[i];
  }
  numbers_.back() += static_cast<double>(rows);
}

void EpochSums::clear() {
  std::ranges::fill(numbers_, 0);
}

void EpochSums::add(std::span<const double> numbers) {
  if (numbers.size() != numbers_.size()) {
    throw InvalidArgument(
        format("checkpoint: it has {} sums of loss and metrics, this run has {}; compile the "
               "metrics it was written with, or start anew",
               numbers.size(),
               numbers_.size()));
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers_[i] += numbers[i];
}

Logs EpochSums::logs_of(std::span<const double> numbers) const {
  const double rows = numbers.back();
  Logs logs;
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    logs.set(losses_[i], numbers[i] / std::max(rows, 1.0));  // a replica may have had no row yet
  }
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    const std::size_t end = first_parts_[i + 1];
    const std::size_t first = first_parts_[i] == end ? 0 : parts_[first_parts_[i]].first;
    const std::size_t last =
        first_parts_[i] == end ? 0 : parts_[end - 1].first + parts_[end - 1].count;
    set_results(logs,
                metrics_[i].name,
                metrics_[i].metric->result(numbers.subspan(first, last - first), rows));
  }
  return logs;
}

std::vector<std::string> EpochSums::names() const {
  std::vector<std::string> names = losses_;
  for (const NamedMetric& named : metrics_) names.push_back(named.name);
  return names;
}

}  // namespace carnyx
