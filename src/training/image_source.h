// A data set's images as the input of a program.
#pragma once

#include <optional>

#include "carnyx/data/dataset.h"
#include "carnyx/graph/program.h"

namespace carnyx {

/// x of the data set, changed as its augmentation says: all of it in training, what is left at rest
/// else. Throws InvalidArgument if the augmentation does not suit the samples.
InputSource image_source(const Dataset& data, Mode mode);

}  // namespace carnyx
