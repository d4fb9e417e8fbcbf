// What weights are held to after each step, by Keras's names.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/graph/constraint.h"

namespace carnyx {

/// A constraint that a config can name.
class NamedConstraint : public Constraint {
 public:
  [[nodiscard]] virtual std::string class_name() const = 0;
  [[nodiscard]] virtual Json config() const = 0;
};

/// Any constraint as a value, as options hold it. Copies share it; it is immutable.
class AnyConstraint {
 public:
  template <std::derived_from<NamedConstraint> C>
  AnyConstraint(C constraint)  // NOLINT(google-explicit-constructor): {.x = NonNeg()}
      : constraint_(std::make_shared<const C>(std::move(constraint))) {}

  const NamedConstraint* operator->() const { return constraint_.get(); }
  [[nodiscard]] ConstraintPtr pointer() const { return constraint_; }

 private:
  std::shared_ptr<const NamedConstraint> constraint_;
};

/// {"module": "keras.constraints", "class_name": ..., "config": ..., "registered_name": null}.
Json json_of(const AnyConstraint& constraint);
/// From such an object or a bare name ("max_norm", "MaxNorm"). Throws InvalidArgument naming the
/// nearest known one, or the option that does not fit.
AnyConstraint constraint_from_json(const Json& json);
inline void read_json(const Json& json, AnyConstraint& constraint) {
  constraint = constraint_from_json(json);
}

/// The axes that one norm is taken over; of a dense kernel [in, out], 0 gives each unit its own. In
/// Keras's configs a number, or several.
struct NormAxes {
  std::vector<std::int64_t> axes = {0};
};
Json json_of(const NormAxes& axes);
void read_json(const Json& json, NormAxes& axes);

struct MaxNormOptions {
  double max_value = 2;  ///< >= 0
  NormAxes axis = {};
};
/// Norms are at most max_value. All norms here: epsilon 1e-7 is added where they are divided by.
class MaxNorm final : public NamedConstraint {
 public:
  explicit MaxNorm(MaxNormOptions options);
  [[nodiscard]] Value apply(Value weight) const override;
  [[nodiscard]] std::string class_name() const override { return "MaxNorm"; }
  [[nodiscard]] Json config() const override;

 private:
  MaxNormOptions options_;
};

/// What is below 0 becomes 0.
class NonNeg final : public NamedConstraint {
 public:
  [[nodiscard]] Value apply(Value weight) const override;
  [[nodiscard]] std::string class_name() const override { return "NonNeg"; }
  [[nodiscard]] Json config() const override { return Json::object(); }
};

struct UnitNormOptions {
  NormAxes axis = {};
};
/// Norms are 1.
class UnitNorm final : public NamedConstraint {
 public:
  explicit UnitNorm(UnitNormOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Value apply(Value weight) const override;
  [[nodiscard]] std::string class_name() const override { return "UnitNorm"; }
  [[nodiscard]] Json config() const override;

 private:
  UnitNormOptions options_;
};

struct MinMaxNormOptions {
  double min_value = 0;  ///< in [0, max_value]
  double max_value = 1;
  double rate = 1;  ///< share of the way that one step goes, in [0, 1]
  NormAxes axis = {};
};
/// Norms move to between min_value and max_value.
class MinMaxNorm final : public NamedConstraint {
 public:
  explicit MinMaxNorm(MinMaxNormOptions options);
  [[nodiscard]] Value apply(Value weight) const override;
  [[nodiscard]] std::string class_name() const override { return "MinMaxNorm"; }
  [[nodiscard]] Json config() const override;

 private:
  MinMaxNormOptions options_;
};

}  // namespace carnyx
