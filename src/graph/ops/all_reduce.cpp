#include "graph/ops/all_reduce.h"

#include <algorithm>

namespace carnyx::ops {

void AllReduce::reference(const ReferenceArguments& arguments) const {
  for (std::size_t i = 0; i < arguments.inputs.size(); ++i) {
    const auto x = arguments.inputs[i].data;
    std::vector<float> gradient(x.size());
    std::ranges::transform(x, gradient.begin(), [](double g) { return static_cast<float>(g); });
    reducer.reduce(gradient);
    std::ranges::copy(gradient, arguments.outputs[i].data.begin());
  }
}

std::vector<Value> all_reduce(std::span<const Value> gradients, Reducer& reducer) {
  if (gradients.empty()) return {};
  return gradients[0].graph->add(std::make_shared<AllReduce>(reducer), gradients);
}

}  // namespace carnyx::ops
