#include <algorithm>

#include "carnyx/base/ensure.h"

#include "graph/at.h"
#include "graph/plan/plan.h"

namespace carnyx::plan {
namespace {

bool contains(const std::vector<int>& list, int item) {
  return std::ranges::find(list, item) != list.end();
}

/// Whether readers in a step want what the step before it left.
bool outlives_steps(const Buffer& buffer) {
  return buffer.kind == Buffer::Kind::State || buffer.kind == Buffer::Kind::Derived;
}

/// Puts a buffer's readers behind its writer, or before one that replaces what they want.
void order_readers(const Plan& plan,
                   int writer,
                   int buffer,
                   std::vector<std::vector<int>>& before) {
  const bool replaces = outlives_steps(plan.buffers[at(buffer)]) &&
                        plan.steps[at(writer)].when == Step::When::EveryStep;
  for (int reader = 0; reader < static_cast<int>(plan.steps.size()); ++reader) {
    if (reader == writer || !contains(plan.steps[at(reader)].reads, buffer)) continue;
    before[at(replaces ? writer : reader)].push_back(replaces ? reader : writer);
  }
}

/// For each step, the steps that must come before it.
std::vector<std::vector<int>> predecessors(const Plan& plan) {
  std::vector<std::vector<int>> before(plan.steps.size());
  for (int writer = 0; writer < static_cast<int>(plan.steps.size()); ++writer) {
    for (const int buffer : plan.steps[at(writer)].writes) {
      order_readers(plan, writer, buffer, before);
    }
  }
  return before;
}

/// A step that runs only now and then leaves its result for all: it never shares a phase.
bool is_every_step(const Step& step) {
  return step.when == Step::When::EveryStep;
}

}  // namespace

void sort_into_phases(Plan& plan) {
  const auto before = predecessors(plan);
  std::vector<int> phase(plan.steps.size(), -1);
  std::size_t placed = 0;
  while (placed < plan.steps.size()) {
    const std::size_t placed_before = placed;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      if (phase[i] >= 0) continue;
      const auto& needs = before[i];
      if (!std::ranges::all_of(needs, [&](int step) { return phase[at(step)] >= 0; })) continue;
      int earliest = 0;
      for (const int step : needs) {
        if (is_every_step(plan.steps[at(step)])) earliest = std::max(earliest, phase[at(step)] + 1);
      }
      phase[i] = earliest;
      ++placed;
    }
    CARNYX_ENSURE(placed > placed_before);  // a cycle: some group was not convex
  }
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    plan.steps[i].phase = phase[i];
    plan.phases = std::max(plan.phases, phase[i] + 1);
  }
  std::ranges::stable_sort(plan.steps, {}, &Step::phase);
}

}  // namespace carnyx::plan
