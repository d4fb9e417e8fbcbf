// Where what a kernel sums for a weight goes: to the optimizer, in the same kernel, or to memory.
#pragma once

#include <vector>

#include "graph/plan/planner.h"

namespace carnyx::plan {

template <class... Lists>
std::vector<int> joined(const Lists&... lists) {
  std::vector<int> all;
  (all.insert(all.end(), lists.begin(), lists.end()), ...);
  return all;
}

/// Buffers that an update reads, and writes.
std::vector<int> target_buffers(const kernels::UpdateTarget& target);
std::vector<int> written_buffers(const kernels::UpdateTarget& target);

/// Gives `gradient`, which `member`'s group sums, to the optimizer where nobody else needs it, else
/// to its own buffer. Notes the buffers.
void sink_update(Planner& planner,
                 int member,
                 int gradient,
                 std::optional<kernels::UpdateTarget>& update,
                 std::optional<kernels::Operand>& store,
                 std::vector<int>& reads,
                 std::vector<int>& writes);
kernels::ColumnSum sink_column_sum(
    Planner& planner, int member, int gradient, std::vector<int>& reads, std::vector<int>& writes);

}  // namespace carnyx::plan
