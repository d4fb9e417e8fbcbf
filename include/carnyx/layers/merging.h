// Layers that make one of several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum,
// Concatenate.
#pragma once

#include <cstdint>
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

/// The sum.
class Add final : public Merge {
 public:
  explicit Add(MergeOptions options = {}) : Merge(MergeKind::Add, std::move(options)) {}
};
/// The first minus the second.
class Subtract final : public Merge {
 public:
  explicit Subtract(MergeOptions options = {}) : Merge(MergeKind::Subtract, std::move(options)) {}
};
/// The product.
class Multiply final : public Merge {
 public:
  explicit Multiply(MergeOptions options = {}) : Merge(MergeKind::Multiply, std::move(options)) {}
};
/// The sum over the number of inputs.
class Average final : public Merge {
 public:
  explicit Average(MergeOptions options = {}) : Merge(MergeKind::Average, std::move(options)) {}
};
/// The larger, element by element.
class Maximum final : public Merge {
 public:
  explicit Maximum(MergeOptions options = {}) : Merge(MergeKind::Maximum, std::move(options)) {}
};
/// The smaller, element by element.
class Minimum final : public Merge {
 public:
  explicit Minimum(MergeOptions options = {}) : Merge(MergeKind::Minimum, std::move(options)) {}
};

struct ConcatenateOptions {
  std::int64_t axis = -1;  ///< counted with the samples' axis; negative ones from the back
  std::string name = {};
};
/// The inputs one behind the other along one axis, the others being alike.
/// Shapes: all [B, ...], of one rank.
class Concatenate final : public Layer {
 public:
  /// Throws InvalidArgument for axis 0, which is the samples'.
  explicit Concatenate(ConcatenateOptions options = {});
  [[nodiscard]] std::string class_name() const override { return "Concatenate"; }
  Value build(GraphBuilder& builder, Value x) const override;
  /// Throws InvalidArgument if the shapes do not go together.
  Value build_from(GraphBuilder& builder, std::span<const Value> xs) const override;
  [[nodiscard]] bool is_called_on_list() const override { return true; }
  [[nodiscard]] Json config() const override;
  [[nodiscard]] std::string name() const override { return options_.name; }

 private:
  ConcatenateOptions options_;
};

}  // namespace carnyx
