#include "graph/ops/matmul.h"

#include "carnyx/graph/ops.h"

namespace carnyx::ops {
namespace {

struct Extents {
  std::int64_t m, k, n;
};

Extents extents_of(const Matmul& op, const Shape& a, const Shape& b) {
  return {.m = op.transpose_a ? a.columns() : a.rows(),
          .k = op.transpose_a ? a.rows() : a.columns(),
          .n = op.transpose_b ? b.rows() : b.columns()};
}

}  // namespace

std::vector<ValueType> Matmul::infer(std::span<const ValueType> inputs) const {
  const Shape& a = inputs[0].shape;
  const Shape& b = inputs[1].shape;
  const Extents e = extents_of(*this, a, b);
  if (a.rank() < 2 || b.rank() < 2 || e.k != (transpose_b ? b.columns() : b.rows())) {
    reject(name(),
           "expected a [m, k] and b [k, n] of two axes or more, got " + a.to_string() +
               (transpose_a ? " transposed" : "") + " and " + b.to_string() +
               (transpose_b ? " transposed" : ""));
  }
  if (transpose_a) return {{Shape{e.m, e.n}, inputs[0].dtype}};
  std::vector<std::int64_t> axes = a.axes();
  axes.back() = e.n;
  return {{Shape(std::move(axes)), inputs[0].dtype}};
}

Gradients Matmul::gradient(std::span<const Value> x,
                           std::span<const Value>,
                           std::span<const std::optional<Value>> dy) const {
  const Value slope = *dy[0];
  const Value da = transpose_a ? matmul(x[1], slope, transpose_b, true)
                               : matmul(slope, x[1], false, !transpose_b);
  const Value db = transpose_b ? matmul(slope, x[0], true, transpose_a)
                               : matmul(x[0], slope, !transpose_a, false);
  return {reshape(da, x[0].shape()), reshape(db, x[1].shape())};  // axes seen as one come apart
}

void Matmul::reference(const ReferenceArguments& arguments) const {
  const auto& [a, b] = std::pair(arguments.inputs[0], arguments.inputs[1]);
  const Extents e = extents_of(*this, a.shape, b.shape);
  const std::int64_t a_row = transpose_a ? 1 : e.k;
  const std::int64_t a_inner = transpose_a ? e.m : 1;
  const std::int64_t b_inner = transpose_b ? 1 : e.n;
  const std::int64_t b_column = transpose_b ? e.k : 1;
  double* y = arguments.outputs[0].data.data();
  for (std::int64_t i = 0; i < e.m; ++i) {
    for (std::int64_t j = 0; j < e.n; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < e.k; ++k) {
        sum += a.data[static_cast<std::size_t>(i * a_row + k * a_inner)] *
               b.data[static_cast<std::size_t>(k * b_inner + j * b_column)];
      }
      y[i * e.n + j] = sum;
    }
  }
}

Value matmul(Value a, Value b, bool transpose_a, bool transpose_b) {
  return add_node<Matmul>({a, b}, transpose_a, transpose_b);
}

}  // namespace carnyx::ops
