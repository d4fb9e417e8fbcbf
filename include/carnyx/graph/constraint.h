#pragma once

#include "carnyx/graph/graph.h"

namespace carnyx {

/// What a weight is made to fulfil after each of its steps. Derive from it for one of your own.
class Constraint {
 public:
  virtual ~Constraint() = default;
  /// The nearest allowed weight; of the same shape.
  [[nodiscard]] virtual Value apply(Value weight) const = 0;
};

}  // namespace carnyx
