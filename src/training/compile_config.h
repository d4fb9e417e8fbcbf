#pragma once

#include "carnyx/base/json.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// Keras's description of what a model was compiled with: optimizer, loss, loss_weights, metrics.
Json compile_config(const CompileOptions& compiled);

}  // namespace carnyx
