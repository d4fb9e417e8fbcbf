// Layers that make one of several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum.
#pragma once

#include <span>
#include <string>

#include "carnyx/layers/layer.h"

namespace carnyx {

enum class MergeKind { Add, Subtract, Multiply, Average, Maximum, Minimum };

struct MergeOptions {
  std::string name = {};
};
/// Element by element, from left to right, as Keras's merging layers: an axis of 1 stretches, and
/// inputs of a lower rank get axes of 1 behind the samples'.
/// Shapes: all [B, ...]; Subtract takes two of them, the others any number.
/// Throws InvalidArgument from build_from() if the inputs' shapes do not go together, or they are
/// not two for Subtract.
class Merge : public Layer {
 public:
  [[nodiscard]] std::string class_name() const override;
  Value build(GraphBuilder& builder, Value x) const override;
  Value build_from(GraphBuilder& builder, std::span<const Value> xs) const override;
  [[nodiscard]] bool is_called_on_list() const override { return true; }
  [[nodiscard]] std::string name() const override { return options_.name; }

 protected:
  Merge(MergeKind kind, MergeOptions options) : kind_(kind), options_(std::move(options)) {}

 private:
  MergeKind kind_;
  MergeOptions options_;
};

/// Merge by one kind, known by its name.
template <MergeKind kind>
class MergeBy final : public Merge {
 public:
  explicit MergeBy(MergeOptions options = {}) : Merge(kind, std::move(options)) {}
};
using Add = MergeBy<MergeKind::Add>;
using Subtract = MergeBy<MergeKind::Subtract>;
using Multiply = MergeBy<MergeKind::Multiply>;
using Average = MergeBy<MergeKind::Average>;
using Maximum = MergeBy<MergeKind::Maximum>;
using Minimum = MergeBy<MergeKind::Minimum>;

}  // namespace carnyx
