#pragma once

#include <memory>
#include <span>
#include <vector>

#include "carnyx/graph/graph.h"

namespace carnyx {

/// Turns this process's gradient into the sum over all. Called once a step with one flat run of
/// memory that holds every gradient, in the states' order, then this process's shares of moving
/// statistics; padding included.
class Reducer {
 public:
  virtual ~Reducer() = default;
  virtual void reduce(std::span<float> gradient) = 0;
};

namespace ops {

/// The gradients, or what else is added up, after `reducer` has seen them; it outlives the graph's
/// programs.
std::vector<Value> all_reduce(std::span<const Value> gradients, Reducer& reducer);

}  // namespace ops
}  // namespace carnyx
