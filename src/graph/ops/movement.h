// Ops that put elements elsewhere, along any axes.
#pragma once

#include "carnyx/graph/image_ops.h"

#include "graph/ops/op_support.h"

namespace carnyx::ops {

using Axes = std::vector<std::int64_t>;

/// Axis i of the result is axis permutation[i] of x.
struct Transpose final : Op {
  explicit Transpose(Axes axis_permutation) : permutation(std::move(axis_permutation)) {}
  std::string_view name() const override { return "transpose"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Axes permutation;
};

/// The part of x of shape `extents` that begins at `begin`.
struct Slice final : Op {
  Slice(Axes slice_begin, Shape slice_extents)
      : begin(std::move(slice_begin)), extents(std::move(slice_extents)) {}
  std::string_view name() const override { return "slice"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Axes begin;
  Shape extents;
};

/// x in the middle of `number`s.
struct Pad final : Op {
  Pad(Axes pad_before, Axes pad_after, double pad_number)
      : before(std::move(pad_before)), after(std::move(pad_after)), number(pad_number) {}
  std::string_view name() const override { return "pad"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  Axes before;
  Axes after;
  double number;
};

/// Any number of values, one behind the other along `axis`.
struct Concatenate final : Op {
  explicit Concatenate(std::int64_t concatenate_axis) : axis(concatenate_axis) {}
  std::string_view name() const override { return "concatenate"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  Gradients gradient(std::span<const Value> x,
                     std::span<const Value> y,
                     std::span<const std::optional<Value>> dy) const override;
  void reference(const ReferenceArguments& arguments) const override;
  std::int64_t axis;
};

}  // namespace carnyx::ops
