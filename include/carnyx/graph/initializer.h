#pragma once

#include <memory>
#include <span>

#include "carnyx/base/rng.h"
#include "carnyx/tensor/shape.h"

namespace carnyx {

/// How a state begins. Const and stateless: the values are a function of the shape and the rng.
class Initializer {
 public:
  virtual ~Initializer() = default;
  /// Fills `values` (row-major, shape.elements() of them).
  virtual void fill(std::span<float> values, const Shape& shape, Rng rng) const = 0;
};

using InitializerPtr =
    std::shared_ptr<const Initializer>;  // shared by layers and the graphs' specs

}  // namespace carnyx
