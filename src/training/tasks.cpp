// What compile() was told of each output: losses, their weights, metrics, and their names in logs.
#include <algorithm>
#include <set>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

#include "training/step_graphs.h"

namespace carnyx {
namespace {

constexpr auto kLossName = "loss";

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

void require_one_output(const Network& network) {
  if (network.outputs().size() == 1) return;
  throw InvalidArgument(
      format("model '{}': it has {} outputs ({}); say in compile() how each is judged: .outputs = "
             "{{{{.output = \"{}\", .loss = ...}}, ...}}",
             network.name(),
             network.outputs().size(),
             list_of(network.output_names()),
             network.output_names().front()));
}

std::size_t output_named(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    throw InvalidArgument(
        "compile: " +
        unknown_name("output", name, std::vector<std::string_view>(names.begin(), names.end())));
  }
  if (std::ranges::count(names, name) > 1) {
    throw InvalidArgument(
        format("compile: layer '{}' makes several outputs, which can't be told apart; put a layer "
               "such as Activation behind each",
               name));
  }
  return static_cast<std::size_t>(found - names.begin());
}

std::string numbered(const std::string& name, int number) {
  return number == 0 ? name : name + "_" + std::to_string(number);
}

}  // namespace

std::vector<Task> tasks_of(const Network& network, const CompileOptions& compiled) {
  if (compiled.outputs.empty()) {
    require_one_output(network);
    return {{.output = 0,
             .target = "y",
             .prefix = "",
             .loss = compiled.loss,
             .loss_weight = 1,
             .metrics = compiled.metrics,
             .weighted_metrics = compiled.weighted_metrics}};
  }
  const std::vector<std::string> names = network.output_names();
  const bool is_alone = names.size() == 1;
  std::vector<Task> tasks;
  std::set<std::size_t> judged;
  for (const OutputCompileOptions& options : compiled.outputs) {
    const std::size_t output = output_named(names, options.output);
    if (!judged.insert(output).second) {
      throw InvalidArgument(format("compile: output '{}' is given twice", options.output));
    }
    tasks.push_back({.output = output,
                     .target = is_alone ? "y" : options.output,
                     .prefix = is_alone ? "" : options.output + "_",
                     .loss = options.loss,
                     .loss_weight = options.loss_weight,
                     .metrics = options.metrics,
                     .weighted_metrics = options.weighted_metrics});
  }
  std::ranges::sort(tasks, {}, &Task::output);
  return tasks;
}

void require_classes(const Network& network, const CompileOptions& compiled, const Dataset& data) {
  const std::vector<NamedRows> targets = data.target_rows();
  for (const Task& task : tasks_of(network, compiled)) {
    const auto target = std::ranges::find(targets, task.target, &NamedRows::name);
    const std::int64_t units = network.output_shapes()[task.output].back();
    if (target == targets.end() || units < 2 || target->classes <= units) continue;
    throw InvalidArgument(
        format("model '{}': {} has {} classes, output '{}' only {} units; give it a unit a class",
               network.name(),
               data.name.empty() ? "the data set" : data.name,
               target->classes,
               network.output_names()[task.output],
               units));
  }
}

std::vector<std::string> loss_names(const std::vector<Task>& tasks) {
  std::vector<std::string> names;
  if (tasks.size() < 2) return names;
  for (const Task& task : tasks) names.push_back(task.prefix + kLossName);
  return names;
}

std::vector<NamedMetric> named_metrics(const std::vector<Task>& tasks) {
  std::vector<NamedMetric> metrics;
  const std::vector<std::string> losses = loss_names(tasks);
  const auto is_taken = [&](const std::string& name) {
    return name == kLossName || std::ranges::find(losses, name) != losses.end() ||
           std::ranges::find(metrics, name, &NamedMetric::name) != metrics.end();
  };
  const auto add = [&](const AnyMetric& metric, std::size_t task, bool weighted) {
    const std::string& prefix = tasks[task].prefix;
    std::string name = prefix + metric->name();
    if (weighted && is_taken(name)) name = prefix + "weighted_" + metric->name();
    int number = 0;
    while (is_taken(numbered(name, number))) ++number;
    metrics.push_back({numbered(name, number), metric, weighted, task});
  };
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    for (const AnyMetric& metric : tasks[task].metrics) add(metric, task, false);
  }
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    for (const AnyMetric& metric : tasks[task].weighted_metrics) add(metric, task, true);
  }
  return metrics;
}

}  // namespace carnyx
