#pragma once

#include "carnyx/kernels/update_rule.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// inputs weight, gradient, slots... [, multiplier [1]] -> the new weight and slots.
/// The rule sees gradient * gradient_scale * multiplier, or, if it multiplies(), that beside it.
struct Update final : Op {
  Update(std::shared_ptr<const kernels::UpdateRule> update_rule, bool has_multiplier)
      : rule(std::move(update_rule)), multiplied(has_multiplier) {}
  std::string_view name() const override { return "update"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  [[nodiscard]] std::size_t slot_count() const { return rule->slot_names().size(); }
  std::shared_ptr<const kernels::UpdateRule> rule;  // shared by every weight's update
  bool multiplied;
};

}  // namespace carnyx::ops
