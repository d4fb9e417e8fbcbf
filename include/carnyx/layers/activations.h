#pragma once

#include <string_view>

#include "carnyx/graph/graph.h"

namespace carnyx {

/// Keras's activation functions by Keras's names.
enum class Activation {
  Linear,
  Relu,
  Relu6,
  LeakyRelu,
  Elu,
  Selu,
  Gelu,
  Silu,
  Sigmoid,
  HardSigmoid,
  HardSilu,
  Tanh,
  Softplus,
  Softsign,
  Mish,
  Exponential,
  Softmax,
  LogSoftmax,
};

std::string_view name_of(Activation activation);
/// Also accepts "swish" and "hard_swish". Throws InvalidArgument naming the nearest known one.
void from_name(std::string_view name, Activation& activation);

/// The activation with Keras's default parameters; softmax is over the last axis.
Value activate(Value x, Activation activation);

}  // namespace carnyx
