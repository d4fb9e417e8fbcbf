// All gradients side by side in one flat run, reduced by one call.
#include <cstring>

#include "carnyx/base/ensure.h"

#include "graph/ops/all_reduce.h"
#include "graph/plan/planner.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;

class ReduceKernel final : public kernels::Kernel {
 public:
  ReduceKernel(Reducer& reducer, std::vector<Operand> from, std::vector<Operand> to)
      : reducer_(reducer), from_(std::move(from)), to_(std::move(to)) {}

  [[nodiscard]] std::int64_t chunks() const override { return 1; }

  void run(std::int64_t, const kernels::Arguments& arguments) const override {
    float* begin = nullptr;
    float* end = nullptr;
    for (std::size_t i = 0; i < from_.size(); ++i) {
      auto* to = arguments.address<float>(to_[i].buffer);
      const std::int64_t size = kernels::size_bytes(to_[i].format, to_[i].shape);
      std::memcpy(to, arguments.address<float>(from_[i].buffer), static_cast<std::size_t>(size));
      float* const stop = to + size / static_cast<std::int64_t>(sizeof(float));
      begin = begin == nullptr ? to : std::min(begin, to);
      end = end == nullptr ? stop : std::max(end, stop);
    }
    reducer_.reduce({begin, end});
  }

 private:
  Reducer& reducer_;
  std::vector<Operand> from_;
  std::vector<Operand> to_;
};

}  // namespace

bool claim_all_reduce(Planner& planner, int node) {
  const Node& claimed = planner.graph().node(node);
  const auto* op = dynamic_cast<const ops::AllReduce*>(claimed.op.get());
  if (op == nullptr) return false;
  std::vector<Operand> from;
  std::vector<Operand> to;
  std::vector<int> reads;
  std::vector<int> writes;
  for (std::size_t i = 0; i < claimed.inputs.size(); ++i) {
    from.push_back(planner.operand(claimed.inputs[i]));
    to.push_back(planner.operand(claimed.outputs[i]));
    if (!(from[i].format == to[i].format) || to[i].format.dtype != DType::Float32) return false;
    reads.push_back(from[i].buffer);
    writes.push_back(to[i].buffer);
  }
  planner.claim(node);
  planner.add_step(std::make_unique<ReduceKernel>(op->reducer, std::move(from), std::move(to)),
                   "all_reduce",
                   reads,
                   writes);
  return true;
}

}  // namespace carnyx::plan
