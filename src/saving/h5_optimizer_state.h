// The order of an optimizer's variables in /optimizer_weights, which every generation of Keras has
// in its own way: iterations, learning rate, then slots, kept together by weight or by slot.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "carnyx/optimizers/optimizer.h"
#include "carnyx/saving/model_file.h"

#include "saving/keras_layout.h"

namespace carnyx {

/// The state in `saved`, the file's tensors under their names there and in its order.
/// Throws CorruptData saying what keeps it from being used.
OptimizerState optimizer_state_from_h5(std::span<const NamedTensor> saved,
                                       const Optimizer& optimizer,
                                       const std::vector<LayerVariables>& layers);

/// What the optimizer of this class expects under its names: in Keras 2.0, or else in Keras 2.3 and
/// tf.keras, which makes of a plain class name its optimizer of before 2.11.
/// Throws InvalidArgument if a slot is missing or has another shape.
std::vector<NamedTensor> optimizer_state_to_h5(const OptimizerState& state,
                                               const Optimizer& optimizer,
                                               const std::vector<LayerVariables>& layers,
                                               KerasCompat compat);

}  // namespace carnyx
