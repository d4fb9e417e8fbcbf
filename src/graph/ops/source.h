// Values that no op computes: inputs, states, constants and what the step's context says.
#pragma once

#include "graph/ops/op_support.h"

namespace carnyx::ops {

/// An input or a state: filled from outside.
struct Source final : Op {
  Source(std::string source_kind, ValueType source_type)
      : kind(std::move(source_kind)), type(std::move(source_type)) {}
  std::string_view name() const override { return kind; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override { return {type}; }
  void reference(const ReferenceArguments&) const override {}
  std::string kind;
  ValueType type;
};

struct Fill final : Op {
  Fill(ValueType fill_type, double fill_number) : type(std::move(fill_type)), number(fill_number) {}
  std::string_view name() const override { return "fill"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override { return {type}; }
  void reference(const ReferenceArguments& arguments) const override {
    fill_output(arguments, [&](std::size_t) { return number; });
  }
  ValueType type;
  double number;
};

/// Given numbers. Wide: thresholds and class weights keep their digits in mixed precision.
struct Constant final : Op {
  Constant(Shape constant_shape, std::vector<double> constant_numbers)
      : shape(std::move(constant_shape)), numbers(std::move(constant_numbers)) {}
  std::string_view name() const override { return "constant"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  void reference(const ReferenceArguments& arguments) const override {
    fill_output(arguments, [&](std::size_t i) { return numbers[i]; });
  }
  Precision precision() const override { return Precision::Wide; }
  Shape shape;
  std::vector<double> numbers;
};

/// A number of the step's context, [1].
struct ContextNumber final : Op {
  enum class Kind { ValidRows, GradientScale };
  explicit ContextNumber(Kind number_kind) : kind(number_kind) {}
  std::string_view name() const override { return "context_number"; }
  std::vector<ValueType> infer(std::span<const ValueType>) const override {
    return {{Shape{1}, DType::Float32}};
  }
  void reference(const ReferenceArguments& arguments) const override;
  Precision precision() const override { return Precision::Wide; }
  Kind kind;
};

}  // namespace carnyx::ops
