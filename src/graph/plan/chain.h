// Fusion's walker: from a value onwards, ops that are stages of its strips join its group.
#pragma once

#include <string>
#include <vector>

#include "carnyx/kernels/stage.h"

#include "graph/plan/planner.h"

namespace carnyx::plan {

/// What a walk gathered: stages in order, and the buffers they touch.
struct Chain {
  std::vector<kernels::Stage> stages;
  std::vector<int> reads;
  std::vector<int> writes;
  std::string label;  // "+bias +relu"
};

/// Follows `value` (the group's result so far) through open elementwise readers, claiming them.
/// `member` is a node of the group. Values that anyone else needs are stored on the way.
Chain walk_chain(Planner& planner, int value, int member);
/// The same from a value that already has a buffer, with `first` as the first to join; empty if
/// `first` is no stage.
Chain walk_chain_through(Planner& planner, int value, int first);

}  // namespace carnyx::plan
