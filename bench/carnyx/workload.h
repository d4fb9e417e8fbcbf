// What Carnyx trains for bench/peers and bench/floor, by the names in bench/peers/workload.py.
#pragma once

#include <cstdint>
#include <string>

#include "carnyx/carnyx.h"

namespace carnyx::bench {

struct Workload {
  Network network;
  TrainTest data;
  CompileOptions compile;
  std::int64_t batch_size;
};

struct WorkloadOptions {
  std::string network;
  std::string data_dir;   // empty: MNIST where it is found; random bytes for CIFAR-10
  bool crops = false;     // crop_flip
  std::int64_t rows = 0;  // of the training data; 0: all
};

/// Throws InvalidArgument for a name that is none of theirs, or crop_flip of another network than a
/// residual one.
Workload make_workload(const WorkloadOptions& options);

}  // namespace carnyx::bench
