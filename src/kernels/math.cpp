#include "carnyx/kernels/math.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "carnyx/base/ensure.h"
#include "carnyx/base/rng.h"
#include "carnyx/kernels/format.h"

namespace carnyx::kernels {
namespace {

// Klambauer et al., Self-Normalizing Neural Networks (2017), as Keras rounds them.
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSeluScale = 1.0507009873554804934193349852946;
// Hendrycks & Gimpel, Gaussian Error Linear Units (2016): the cubic term of the tanh form.
constexpr double kGeluCubic = 0.044715;
const double kSqrtTwoOverPi = std::sqrt(2 / std::numbers::pi);

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

// Comparisons are arranged so that NaN comes out as NaN: a diverged run must show.
double clipped(double x, double low, double high) {
  return x < low ? low : x > high ? high : x;
}

double gelu_inner(double x) {
  return kSqrtTwoOverPi * (x + kGeluCubic * x * x * x);
}

double gelu_derivative(double x) {
  const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
  return 0.5 * std::erfc(-x / std::numbers::sqrt2) + x * density;
}

double gelu_tanh_derivative(double x) {
  const double t = std::tanh(gelu_inner(x));
  const double inner_slope = kSqrtTwoOverPi * (1 + 3 * kGeluCubic * x * x);
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner_slope;
}

double silu_derivative(double x) {
  const double s = sigmoid(x);
  return s * (1 + x * (1 - s));
}

double mish_derivative(double x) {
  const double t = std::tanh(softplus(x));
  return t + x * (1 - t * t) * sigmoid(x);
}

constexpr std::array<std::string_view, 25> kUnaryNames = {
    "negative", "abs",      "square",    "sqrt", "rsqrt",   "reciprocal",   "exp",
    "log",      "log1p",    "sign",      "relu", "relu6",   "leaky_relu",   "elu",
    "selu",     "gelu",     "gelu_tanh", "silu", "sigmoid", "hard_sigmoid", "hard_silu",
    "tanh",     "softplus", "softsign",  "mish"};
static_assert(kUnaryNames.size() == static_cast<std::size_t>(UnaryKind::Mish) + 1);

constexpr std::array<std::string_view, 9> kBinaryNames = {"add",
                                                          "subtract",
                                                          "multiply",
                                                          "divide",
                                                          "maximum",
                                                          "minimum",
                                                          "equal",
                                                          "greater",
                                                          "greater_equal"};
static_assert(kBinaryNames.size() == static_cast<std::size_t>(BinaryKind::GreaterEqual) + 1);

}  // namespace

double evaluate(UnaryKind kind, double x, double alpha) {
  switch (kind) {
    case UnaryKind::Negative:
      return -x;
    case UnaryKind::Abs:
      return std::abs(x);
    case UnaryKind::Square:
      return x * x;
    case UnaryKind::Sqrt:
      return std::sqrt(x);
    case UnaryKind::Rsqrt:
      return 1 / std::sqrt(x);
    case UnaryKind::Reciprocal:
      return 1 / x;
    case UnaryKind::Exp:
      return std::exp(x);
    case UnaryKind::Log:
      return std::log(x);
    case UnaryKind::Log1p:
      return std::log1p(x);
    case UnaryKind::Sign:
      return x > 0 ? 1 : x < 0 ? -1 : x;
    case UnaryKind::Relu:
      return x < 0 ? 0 : x;
    case UnaryKind::Relu6:
      return clipped(x, 0, 6);
    case UnaryKind::LeakyRelu:
      return x < 0 ? alpha * x : x;
    case UnaryKind::Elu:
      return x < 0 ? alpha * std::expm1(x) : x;
    case UnaryKind::Selu:
      return kSeluScale * (x < 0 ? kSeluAlpha * std::expm1(x) : x);
    case UnaryKind::Gelu:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
    case UnaryKind::GeluTanh:
      return 0.5 * x * (1 + std::tanh(gelu_inner(x)));
    case UnaryKind::Silu:
      return x * sigmoid(x);
    case UnaryKind::Sigmoid:
      return sigmoid(x);
    case UnaryKind::HardSigmoid:
      return clipped(x + 3, 0, 6) / 6;
    case UnaryKind::HardSilu:
      return x * clipped(x + 3, 0, 6) / 6;
    case UnaryKind::Tanh:
      return std::tanh(x);
    case UnaryKind::Softplus:
      return softplus(x);
    case UnaryKind::Softsign:
      return x / (1 + std::abs(x));
    case UnaryKind::Mish:
      return x * std::tanh(softplus(x));
  }
  ensure_failed("known unary kind", __FILE__, __LINE__);
}

double evaluate(BinaryKind kind, double x, double y) {
  switch (kind) {
    case BinaryKind::Add:
      return x + y;
    case BinaryKind::Subtract:
      return x - y;
    case BinaryKind::Multiply:
      return x * y;
    case BinaryKind::Divide:
      return x / y;
    case BinaryKind::Maximum:
      return std::isnan(x) || x > y ? x : y;
    case BinaryKind::Minimum:
      return std::isnan(x) || x < y ? x : y;
    case BinaryKind::Equal:
      return x == y ? 1 : 0;
    case BinaryKind::Greater:
      return x > y ? 1 : 0;
    case BinaryKind::GreaterEqual:
      return x >= y ? 1 : 0;
  }
  ensure_failed("known binary kind", __FILE__, __LINE__);
}

double derivative(UnaryKind kind, double x, double y, double alpha) {
  switch (kind) {
    case UnaryKind::Negative:
      return -1;
    case UnaryKind::Abs:
      return evaluate(UnaryKind::Sign, x, 0);
    case UnaryKind::Square:
      return 2 * x;
    case UnaryKind::Sqrt:
      return 0.5 / y;
    case UnaryKind::Rsqrt:
      return -0.5 * y * y * y;
    case UnaryKind::Reciprocal:
      return -y * y;
    case UnaryKind::Exp:
      return y;
    case UnaryKind::Log:
      return 1 / x;
    case UnaryKind::Log1p:
      return 1 / (1 + x);
    case UnaryKind::Sign:
      return 0;
    case UnaryKind::Relu:
      return y > 0 ? 1 : 0;
    case UnaryKind::Relu6:
      return y > 0 && y < 6 ? 1 : 0;
    case UnaryKind::LeakyRelu:
      return y > 0 ? 1 : alpha;
    case UnaryKind::Elu:
      return y > 0 ? 1 : y + alpha;
    case UnaryKind::Selu:
      return y > 0 ? kSeluScale : y + kSeluScale * kSeluAlpha;
    case UnaryKind::Gelu:
      return gelu_derivative(x);
    case UnaryKind::GeluTanh:
      return gelu_tanh_derivative(x);
    case UnaryKind::Silu:
      return silu_derivative(x);
    case UnaryKind::Sigmoid:
      return y * (1 - y);
    case UnaryKind::HardSigmoid:
      return y > 0 && y < 1 ? 1.0 / 6 : 0;
    case UnaryKind::HardSilu:
      return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
    case UnaryKind::Tanh:
      return 1 - y * y;
    case UnaryKind::Softplus:
      return -std::expm1(-y);
    case UnaryKind::Softsign:
      return (1 - std::abs(y)) * (1 - std::abs(y));
    case UnaryKind::Mish:
      return mish_derivative(x);
  }
  ensure_failed("known unary kind", __FILE__, __LINE__);
}

bool derivative_from_output(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::Abs:
    case UnaryKind::Square:
    case UnaryKind::Log:
    case UnaryKind::Log1p:
    case UnaryKind::Gelu:
    case UnaryKind::GeluTanh:
    case UnaryKind::Silu:
    case UnaryKind::HardSilu:
    case UnaryKind::Mish:
      return false;
    default:
      return true;
  }
}

std::string_view name_of(UnaryKind kind) {
  return kUnaryNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(BinaryKind kind) {
  return kBinaryNames[static_cast<std::size_t>(kind)];
}

bool dropout_keeps(std::uint64_t seed,
                   std::uint32_t stream,
                   std::int64_t step,
                   std::int64_t row,
                   std::int64_t column,
                   std::uint32_t threshold) {
  const auto block = philox({static_cast<std::uint32_t>(column / 8),
                             static_cast<std::uint32_t>(row),
                             static_cast<std::uint32_t>(step),
                             stream},
                            seed,
                            7);
  // Draw j is the j-th 16-bit half of the block in memory order: the low half of a word first.
  const std::uint32_t word = block[static_cast<std::size_t>(column % 8 / 2)];
  const std::uint32_t draw = column % 2 == 0 ? word & 0xFFFFU : word >> 16;
  return draw >= threshold;
}

std::uint32_t dropout_threshold(double rate) {
  return static_cast<std::uint32_t>(std::lround(rate * 65536));
}

double normal_draw(std::uint64_t seed,
                   std::uint32_t stream,
                   std::int64_t step,
                   std::int64_t row,
                   std::int64_t column) {
  const std::int64_t place = column % kPanel;
  const std::int64_t pair = place % (kPanel / 2);  // two pairs to a block
  const auto block = philox({static_cast<std::uint32_t>(column / kPanel * 4 + pair / 2),
                             static_cast<std::uint32_t>(row),
                             static_cast<std::uint32_t>(step),
                             stream},
                            seed);
  const auto word = static_cast<std::size_t>(pair % 2 * 2);
  const double above_zero = (static_cast<double>(block[word] >> 8) + 1) * 0x1p-24;
  const double angle = static_cast<double>(block[word + 1] >> 8) * 0x1p-24 * 2 * std::numbers::pi;
  const double radius = std::sqrt(-2 * std::log(above_zero));
  return radius * (place < kPanel / 2 ? std::cos(angle) : std::sin(angle));
}

}  // namespace carnyx::kernels
