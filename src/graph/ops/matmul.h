#pragma once

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// a [..., k] . b [k, n], either one transposed on request; leading axes of a are rows.
struct Matmul final : Op {
  Matmul(bool a_transposed, bool b_transposed)
      : transpose_a(a_transposed), transpose_b(b_transposed) {}
  std::string_view name() const override { return "matmul"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  bool transpose_a;
  bool transpose_b;
};

}  // namespace carnyx::ops
