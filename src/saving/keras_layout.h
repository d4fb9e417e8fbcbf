// Where Keras 3 keeps a model's variables in model.weights.h5: groups are named by a layer's class
// and its number among the layers of that class, not by the layer's name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/models/network.h"
#include "carnyx/optimizers/optimizer.h"

namespace carnyx {

struct VariableSpec {
  std::string name;  ///< "dense/kernel"
  Shape shape;
  bool trainable = true;
  DType dtype = DType::Float32;  ///< as files have it: Float32 or Int64
};

inline constexpr std::string_view kOptimizerGroup = "optimizer/vars";

/// One layer's variables: trainable ones first, as the layer declares them.
struct LayerVariables {
  std::string path;   ///< "layers/dense_1/vars"
  std::string layer;  ///< the layer's own name
  std::vector<VariableSpec> variables;
};

/// Every layer of a network, in order; those without variables too. Throws InvalidArgument if the
/// layers do not fit or a shape is out of range.
std::vector<LayerVariables> keras_layout(const Network& network);

/// Keras's description of the optimizer in a compile_config; null if there is none.
const Json* optimizer_config(const Json& compile_config);

/// An optimizer's slots in Keras's order: "velocity/dense/kernel".
std::vector<VariableSpec> optimizer_layout(const Optimizer& optimizer,
                                           const std::vector<LayerVariables>& layers);

}  // namespace carnyx
