// The words of whole-model HDF5 files: those that most generations of Keras understand, or those of
// Keras 2.0. Which file loads where was tried with each of them.
#pragma once

#include "carnyx/base/json.h"
#include "carnyx/saving/model_file.h"

namespace carnyx {

/// model_config: a dict of layers that begins with an InputLayer, or for Keras 2.0 a list whose
/// first layer has the shape; of a graph the layers with what they are called on; every object as
/// Keras 2 spells it. Throws InvalidArgument if no layer says the input's shape.
Json h5_model_config(const Network& network, KerasCompat compat);

/// training_config; null if the model was never compiled. The learning rate is where the optimizer
/// stands. Throws InvalidArgument for what the Keras of `compat` has no word for.
Json h5_training_config(const SavedModel& model, KerasCompat compat);

}  // namespace carnyx
