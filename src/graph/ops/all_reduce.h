#pragma once

#include "carnyx/graph/reducer.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// As many results as inputs. Alone its reference reduces one gradient after another.
struct AllReduce final : Op {
  explicit AllReduce(Reducer& gradient_reducer) : reducer(gradient_reducer) {}
  std::string_view name() const override { return "all_reduce"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs.begin(), inputs.end()};
  }
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  Reducer& reducer;
};

}  // namespace carnyx::ops
