// Margins. Targets are -1 and 1; a batch of 0 and 1 alone is read as -1 and 1.
#pragma once

#include "carnyx/losses/loss.h"

namespace carnyx {

/// Mean over the features of max(1 - target output, 0).
class Hinge final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "Hinge"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

/// Mean over the features of max(1 - target output, 0)^2.
class SquaredHinge final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "SquaredHinge"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

/// max(1 + the largest output of a wrong class - the right one's, 0). Target: one-hot [B, ..., C],
/// or labels [B].
class CategoricalHinge final : public Loss {
 public:
  [[nodiscard]] std::string class_name() const override { return "CategoricalHinge"; }
  Value per_row(GraphBuilder& builder, Value target, Value output) const override;
};

}  // namespace carnyx
