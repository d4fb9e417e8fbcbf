#pragma once

#include <vector>

#include "carnyx/tensor/tensor.h"

namespace carnyx::tensorboard {

struct Bucket {
  double left;
  double right;
  double count;
  bool operator==(const Bucket&) const = default;
};

/// 30 buckets of one width from the least to the greatest finite element, the last one closed;
/// where all are equal, 30 of no width with everything in the last. Elements that are not finite
/// are left out. Source: TensorBoard, plugins/histogram/summary_v2.py.
std::vector<Bucket> histogram_of(const Tensor& values);

}  // namespace carnyx::tensorboard
