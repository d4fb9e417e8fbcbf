#pragma once

#include <memory>
#include <optional>

#include "carnyx/graph/graph.h"

namespace carnyx {

/// A term of the loss that a weight, or what a layer puts out, brings about by itself. Derive from
/// it for one of your own: any composition of ops.
class Regularizer {
 public:
  virtual ~Regularizer() = default;
  /// Shape [1]. Of x the first `rows` [1] count along axis 0; those after them are zero.
  [[nodiscard]] virtual Value penalty(Value x, Value rows) const = 0;

  /// d penalty / dx = l1 sign(x) + 2 l2 x.
  struct Slope {
    double l1 = 0;
    double l2 = 0;
  };
  /// For a penalty with such a derivative: the optimizer then adds it where the weight lies before
  /// it anyway, and the gradients that it is given are those without.
  [[nodiscard]] virtual std::optional<Slope> slope() const { return std::nullopt; }
};

}  // namespace carnyx
