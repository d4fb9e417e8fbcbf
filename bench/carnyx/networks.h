// The networks of the benchmarks in Carnyx's own words.
#pragma once

#include <cstdint>

#include "carnyx/carnyx.h"

namespace carnyx::bench {

Network mnist_mlp();
Network off_menu();
Network mnist_cnn();

/// The ResNet v1 for CIFAR-10 with so many blocks a stage: 3 make ResNet-20, 9 ResNet-56.
Network resnet(std::int64_t blocks);

}  // namespace carnyx::bench
