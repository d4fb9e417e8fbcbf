#include "graph/plan/sink.h"

namespace carnyx::plan {

std::vector<int> target_buffers(const kernels::UpdateTarget& target) {
  std::vector<int> buffers = {target.weight.buffer};
  for (const kernels::Operand& slot : target.slots) buffers.push_back(slot.buffer);
  return buffers;
}

std::vector<int> written_buffers(const kernels::UpdateTarget& target) {
  std::vector<int> buffers = target_buffers(target);
  for (const kernels::Operand& copy : target.copies) buffers.push_back(copy.buffer);
  return buffers;
}

void sink_update(Planner& planner,
                 int member,
                 int gradient,
                 std::optional<kernels::UpdateTarget>& update,
                 std::optional<kernels::Operand>& store,
                 std::vector<int>& reads,
                 std::vector<int>& writes) {
  const auto node = planner.sole_update(member, gradient);
  if (node) update = planner.update_target(*node);
  if (!update) {
    store = planner.operand(gradient);
    writes.push_back(store->buffer);
    return;
  }
  planner.join(member, *node);
  reads = joined(reads, target_buffers(*update));
  writes = joined(writes, written_buffers(*update));
}

kernels::ColumnSum sink_column_sum(
    Planner& planner, int member, int gradient, std::vector<int>& reads, std::vector<int>& writes) {
  kernels::ColumnSum sum;
  sink_update(planner, member, gradient, sum.update, sum.store, reads, writes);
  return sum;
}

}  // namespace carnyx::plan
