#pragma once

#include <cstdint>

#include "carnyx/models/network.h"

namespace carnyx {

/// ResNet for images of 32 x 32 x 3 in `classes` classes, with the layers' names of TensorFlow's
/// official Keras models of 2019: a convolution of 16, then three stages of (size - 2) / 6 blocks
/// of two convolutions each, of 16, 32 and 64 filters, the first block of each with a projection in
/// its shortcut. Throws InvalidArgument unless size is 6 n + 2, at least 8.
/// Source: He et al., 2016, section 4.2, with the activation after the addition.
Network resnet_cifar(std::int64_t size, std::int64_t classes = 10);

}  // namespace carnyx
