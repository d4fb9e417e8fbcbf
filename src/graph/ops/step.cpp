#include "graph/ops/step.h"

#include <algorithm>
#include <array>

#include "carnyx/graph/ops.h"

namespace carnyx::ops {

std::vector<ValueType> Update::infer(std::span<const ValueType> inputs) const {
  if (inputs.size() != 2 + slot_count() + (multiplied ? 1 : 0) ||
      slot_count() > kernels::kMaxSlots) {
    reject(name(),
           "expected weight, gradient and " + std::to_string(slot_count()) + " slots (at most " +
               std::to_string(kernels::kMaxSlots) + "), got " + std::to_string(inputs.size()) +
               " inputs");
  }
  for (std::size_t i = 1; i < 2 + slot_count(); ++i) {
    if (inputs[i].shape != inputs[0].shape) {
      reject(name(),
             "gradient and slots must have the weight's shape " + inputs[0].shape.to_string() +
                 ", got " + inputs[i].shape.to_string());
    }
  }
  return std::vector<ValueType>(1 + slot_count(), inputs[0]);
}

namespace {

constexpr std::size_t kReferenceBlock = 256;  // so that no step allocates

}  // namespace

void Update::reference(const ReferenceArguments& arguments) const {
  const auto& context = arguments.context;
  std::array<double, kReferenceBlock> gradient;
  const auto slopes = arguments.inputs[1].data;
  const double multiplier = multiplied ? arguments.inputs.back().data[0] : 1;
  const double scale = context.gradient_scale * (rule->multiplies() ? 1 : multiplier);
  for (std::size_t first = 0; first < slopes.size(); first += kReferenceBlock) {
    const std::size_t count = std::min(kReferenceBlock, slopes.size() - first);
    for (std::size_t i = 0; i < count; ++i) gradient[i] = slopes[first + i] * scale;
    const auto copied = [&](std::size_t input, std::size_t output) {
      const auto part = arguments.outputs[output].data.subspan(first, count);
      std::ranges::copy(arguments.inputs[input].data.subspan(first, count), part.begin());
      return part;
    };
    kernels::UpdateBlock<double> block{.weight = copied(0, 0),
                                       .gradient = std::span(gradient).first(count),
                                       .slots = {},
                                       .learning_rate = context.learning_rate,
                                       .step = context.step + 1,
                                       .multiplier = rule->multiplies() ? multiplier : 1};
    for (std::size_t i = 0; i < slot_count(); ++i) block.slots[i] = copied(2 + i, 1 + i);
    rule->apply(block);
  }
}

std::vector<Value> update(std::shared_ptr<const kernels::UpdateRule> rule,
                          Value weight,
                          Value gradient,
                          std::span<const Value> slots,
                          std::optional<Value> multiplier) {
  std::vector<Value> inputs = {weight, gradient};
  inputs.insert(inputs.end(), slots.begin(), slots.end());
  if (multiplier) inputs.push_back(*multiplier);
  return weight.graph->add(std::make_shared<Update>(std::move(rule), multiplier.has_value()),
                           inputs);
}

}  // namespace carnyx::ops
