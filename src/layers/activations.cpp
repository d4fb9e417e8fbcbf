#include "carnyx/layers/activations.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"
#include "carnyx/graph/ops.h"

namespace carnyx {
namespace {

constexpr std::array<std::pair<std::string_view, Activation>, 20> kActivationNames = {{
    {"linear", Activation::Linear},
    {"relu", Activation::Relu},
    {"relu6", Activation::Relu6},
    {"leaky_relu", Activation::LeakyRelu},
    {"elu", Activation::Elu},
    {"selu", Activation::Selu},
    {"gelu", Activation::Gelu},
    {"silu", Activation::Silu},
    {"sigmoid", Activation::Sigmoid},
    {"hard_sigmoid", Activation::HardSigmoid},
    {"hard_silu", Activation::HardSilu},
    {"tanh", Activation::Tanh},
    {"softplus", Activation::Softplus},
    {"softsign", Activation::Softsign},
    {"mish", Activation::Mish},
    {"exponential", Activation::Exponential},
    {"softmax", Activation::Softmax},
    {"log_softmax", Activation::LogSoftmax},
    {"swish", Activation::Silu},
    {"hard_swish", Activation::HardSilu},
}};

/// Keras's default parameters.
constexpr double kLeakyReluSlope = 0.2;
constexpr double kEluAlpha = 1;

Value log_softmax(Value x) {
  const Value shifted = ops::subtract(x, ops::max_features(x));
  const Value sum = ops::sum_features(ops::unary(shifted, ops::UnaryKind::Exp));
  return ops::subtract(shifted, ops::unary(sum, ops::UnaryKind::Log));
}

}  // namespace

std::string_view name_of(Activation activation) {
  for (const auto& [name, known] : kActivationNames) {
    if (known == activation) return name;
  }
  ensure_failed("known activation", __FILE__, __LINE__);
}

void from_name(std::string_view name, Activation& activation) {
  std::vector<std::string_view> names;
  for (const auto& [known, value] : kActivationNames) {
    names.push_back(known);
    if (known != name) continue;
    activation = value;
    return;
  }
  throw InvalidArgument(unknown_name("activation", name, names));
}

Value activate(Value x, Activation activation) {
  using Kind = ops::UnaryKind;
  switch (activation) {
    case Activation::Linear:
      return x;
    case Activation::Relu:
      return ops::unary(x, Kind::Relu);
    case Activation::Relu6:
      return ops::unary(x, Kind::Relu6);
    case Activation::LeakyRelu:
      return ops::unary(x, Kind::LeakyRelu, kLeakyReluSlope);
    case Activation::Elu:
      return ops::unary(x, Kind::Elu, kEluAlpha);
    case Activation::Selu:
      return ops::unary(x, Kind::Selu);
    case Activation::Gelu:
      return ops::unary(x, Kind::Gelu);
    case Activation::Silu:
      return ops::unary(x, Kind::Silu);
    case Activation::Sigmoid:
      return ops::unary(x, Kind::Sigmoid);
    case Activation::HardSigmoid:
      return ops::unary(x, Kind::HardSigmoid);
    case Activation::HardSilu:
      return ops::unary(x, Kind::HardSilu);
    case Activation::Tanh:
      return ops::unary(x, Kind::Tanh);
    case Activation::Softplus:
      return ops::unary(x, Kind::Softplus);
    case Activation::Softsign:
      return ops::unary(x, Kind::Softsign);
    case Activation::Mish:
      return ops::unary(x, Kind::Mish);
    case Activation::Exponential:
      return ops::unary(x, Kind::Exp);
    case Activation::Softmax:
      return ops::softmax(x);
    case Activation::LogSoftmax:
      return log_softmax(x);
  }
  ensure_failed("known activation", __FILE__, __LINE__);
}

}  // namespace carnyx
