// The scalar functions of elementwise ops, and their definition in double. The reference, the
// gradients' tests and every vector version answer to these.
#pragma once

#include <cstdint>
#include <string_view>

namespace carnyx::kernels {

/// `alpha` is elu's and leaky_relu's slope.
enum class UnaryKind {
  Negative,
  Abs,
  Square,
  Sqrt,
  Rsqrt,
  Reciprocal,
  Exp,
  Log,
  Log1p,
  Sign,
  Relu,
  Relu6,
  LeakyRelu,
  Elu,
  Selu,
  Gelu,
  GeluTanh,
  Silu,
  Sigmoid,
  HardSigmoid,
  HardSilu,
  Tanh,
  Softplus,
  Softsign,
  Mish,
};

enum class BinaryKind {
  Add,
  Subtract,
  Multiply,
  Divide,
  Maximum,
  Minimum,
  Equal,
  Greater,
  GreaterEqual,  // 1 or 0
};

double evaluate(UnaryKind kind, double x, double alpha);
double evaluate(BinaryKind kind, double x, double y);
/// d evaluate(kind, x) / dx, in terms of x and of y = evaluate(kind, x, alpha).
double derivative(UnaryKind kind, double x, double y, double alpha);
/// Whether derivative() needs only y, so that x need not be kept.
bool derivative_from_output(UnaryKind kind);

std::string_view name_of(UnaryKind kind);
std::string_view name_of(BinaryKind kind);

/// Whether dropout keeps element [row, column]: Philox4x32-7 over
/// (column / 8, row, step, stream), eight 16-bit draws a block; kept if draw >= threshold.
bool dropout_keeps(std::uint64_t seed,
                   std::uint32_t stream,
                   std::int64_t step,
                   std::int64_t row,
                   std::int64_t column,
                   std::uint32_t threshold);
/// round(rate * 65536): how many of the 65,536 draws drop the element.
std::uint32_t dropout_threshold(double rate);

/// A draw of the normal distribution with mean 0 and deviation 1, of at most 5.8: columns j and
/// j + 8 of a panel are a pair of Box and Muller's, from 24 bits each.
double normal_draw(std::uint64_t seed,
                   std::uint32_t stream,
                   std::int64_t step,
                   std::int64_t row,
                   std::int64_t column);

}  // namespace carnyx::kernels
