#pragma once

#include "carnyx/layers/layer.h"

namespace carnyx {

/// The layer with trainable = False: an optimizer neither moves its weights nor keeps slots for
/// them, their penalties are no part of the loss, and a BatchNormalization goes by its moving
/// statistics in training too.
///
///     Sequential model({frozen(Conv2D({...})), Flatten({}), Dense({.units = 10})});
AnyLayer frozen(const AnyLayer& layer);

}  // namespace carnyx
