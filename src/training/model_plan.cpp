// What a Model's training step is compiled to, and what each phase of it costs.
#include <numeric>

#include "training/model_state.h"
#include "training/step_graphs.h"

namespace carnyx {
namespace {

constexpr std::int64_t kWarmSteps = 20;  // not counted: pages and caches are cold

}  // namespace

std::string Model::describe_plan(std::int64_t batch_size) {
  InputTypes types;
  const bool is_alone = state_->network.inputs().size() == 1;
  state_->require_built();
  for (const Network::NamedInput& input : state_->network.inputs()) {
    types.inputs.push_back({.name = is_alone ? "x" : input.name, .sample = *input.shape});
  }
  for (const Task& task : tasks_of(state_->network, state_->compiled_or_throw("describe_plan"))) {
    types.targets.push_back({.name = task.target, .sample = {}, .dtype = DType::Int32});
  }
  const auto graph = training_graph(
      state_->network, state_->compiled_or_throw("describe_plan"), types, batch_size, nullptr);
  return Program(*graph, *state_->states, state_->pool, state_->program_options()).describe();
}

std::string Model::time_plan(const Dataset& data, std::int64_t batch_size, std::int64_t steps) {
  state_->ensure_built(data);
  const auto graph = training_graph(state_->network,
                                    state_->compiled_or_throw("time_plan"),
                                    input_types(data),
                                    batch_size,
                                    nullptr);
  Program program(*graph, *state_->states, state_->pool, state_->program_options());
  bind_dataset(program, data, Mode::Training);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(batch_size, data.samples())));
  std::iota(rows.begin(), rows.end(), 0);
  program.prime(rows);
  std::vector<double> seconds(program.phase_count(), 0);
  for (std::int64_t step = 0; step < kWarmSteps + steps; ++step) {
    if (step == kWarmSteps) std::ranges::fill(seconds, 0);
    program.run_timed({.seed = state_->options.seed,
                       .step = step,
                       .valid_rows = std::ssize(rows),
                       .gradient_scale = 1 / static_cast<double>(rows.size()),
                       .next = {rows}},
                      seconds);
  }
  for (double& phase : seconds) phase /= static_cast<double>(steps);
  return program.describe(seconds);
}

}  // namespace carnyx
