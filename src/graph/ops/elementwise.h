// Ops that treat every element alike.
#pragma once

#include "carnyx/kernels/math.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

struct Unary final : Op {
  Unary(kernels::UnaryKind unary_kind, double unary_alpha) : kind(unary_kind), alpha(unary_alpha) {}
  std::string_view name() const override { return kernels::name_of(kind); }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  kernels::UnaryKind kind;
  double alpha;
};

/// dy * derivative(kind, x, y); inputs dy and y or, where the derivative needs it, dy and x.
struct UnaryGradient final : Op {
  UnaryGradient(kernels::UnaryKind unary_kind, double unary_alpha)
      : kind(unary_kind), alpha(unary_alpha) {}
  std::string_view name() const override { return "unary_gradient"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override;
  kernels::UnaryKind kind;
  double alpha;
};

/// x ^ exponent.
struct Power final : Op {
  explicit Power(double power_exponent) : exponent(power_exponent) {}
  std::string_view name() const override { return "power"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  double exponent;
};

/// With NumPy's broadcasting.
struct Binary final : Op {
  Binary(kernels::BinaryKind binary_kind, Precision binary_precision)
      : kind(binary_kind), wanted(binary_precision) {}
  std::string_view name() const override { return kernels::name_of(kind); }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return wanted; }
  kernels::BinaryKind kind;
  Precision wanted;
};

/// x * factor + term.
struct Affine final : Op {
  Affine(double affine_factor, double affine_term) : factor(affine_factor), term(affine_term) {}
  std::string_view name() const override { return "affine"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  double factor;
  double term;
};

/// by > 0 ? x * scale : 0.
struct Gate final : Op {
  explicit Gate(double gate_scale) : scale(gate_scale) {}
  std::string_view name() const override { return "gate"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  double scale;
};

/// Its gradient is itself: the same stream and step draw the same mask again.
struct Dropout final : Op {
  Dropout(double dropout_rate, std::uint32_t dropout_stream)
      : rate(dropout_rate), stream(dropout_stream) {}
  std::string_view name() const override { return "dropout"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  double rate;
  std::uint32_t stream;
};

/// x + deviation * a normal draw of (seed, stream, step, row, column). The gradient passes through.
struct GaussianNoise final : Op {
  GaussianNoise(double noise_deviation, std::uint32_t noise_stream)
      : deviation(noise_deviation), stream(noise_stream) {}
  std::string_view name() const override { return "gaussian_noise"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  double deviation;
  std::uint32_t stream;
};

/// Rows of a value's matrix that belong to one sample.
inline std::int64_t rows_per_sample(const Shape& shape) {
  return shape.rank() < 2 || shape[0] == 0 ? 1 : shape.rows() / shape[0];
}

struct Convert final : Op {
  explicit Convert(DType convert_dtype) : dtype(convert_dtype) {}
  std::string_view name() const override { return "convert"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {{inputs[0].shape, dtype}};
  }
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  DType dtype;
};

/// 0 in the rows at and above valid_rows.
struct RowMask final : Op {
  std::string_view name() const override { return "row_mask"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
};

/// The shape that x and y broadcast to; rejects in the op's name.
Shape broadcast_shape(std::string_view op, const Shape& x, const Shape& y);
/// The element of `from` that broadcasts to element `index` of `to`.
std::size_t broadcast_source(const Shape& from, const Shape& to, std::size_t index);

}  // namespace carnyx::ops
