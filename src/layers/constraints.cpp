#include "carnyx/layers/constraints.h"

#include <array>
#include <cmath>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/graph/ops.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, MaxNormOptions& o) {
  visit("max_value", o.max_value);
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, UnitNormOptions& o) {
  visit("axis", o.axis);
}

template <class V>
void visit_fields(V& visit, MinMaxNormOptions& o) {
  visit("min_value", o.min_value);
  visit("max_value", o.max_value);
  visit("rate", o.rate);
  visit("axis", o.axis);
}

namespace {

/// Stands for no options.
struct NoOptions {};
template <class V>
void visit_fields(V&, NoOptions&) {}

Shape without_axes(const Shape& shape, const NormAxes& norm) {
  std::vector<std::int64_t> extents = shape.axes();
  for (const std::int64_t given : norm.axes) {
    const std::int64_t axis = given < 0 ? given + shape.rank() : given;
    if (axis < 0 || axis >= shape.rank()) {
      throw InvalidArgument(format("constraint: axis must be one of the weight's shape {}, got {}",
                                   shape.to_string(),
                                   given));
    }
    extents[static_cast<std::size_t>(axis)] = 1;
  }
  return Shape(std::move(extents));
}

Value norms_of(Value weight, const NormAxes& axes) {
  const Value squares = ops::unary(weight, ops::UnaryKind::Square);
  return ops::unary(ops::sum_to(squares, without_axes(weight.shape(), axes)), ops::UnaryKind::Sqrt);
}

/// weight . wanted / (epsilon + norms).
Value with_norms(Value weight, Value norms, Value wanted) {
  constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()
  return ops::multiply(weight, ops::divide(wanted, ops::shift(norms, kEpsilon)));
}

}  // namespace

Json json_of(const NormAxes& axes) {
  return axes.axes.size() == 1 ? Json(axes.axes[0]) : Json::array_of(axes.axes);
}

void read_json(const Json& json, NormAxes& axes) {
  axes.axes.clear();
  if (json.is_array()) {
    fields::read(json, axes.axes, "constraint: axis");
  } else {
    fields::read(json, axes.axes.emplace_back(), "constraint: axis");
  }
}

MaxNorm::MaxNorm(MaxNormOptions options) : options_(std::move(options)) {
  if (options_.max_value >= 0 && std::isfinite(options_.max_value)) return;
  throw InvalidArgument(
      format("MaxNorm: max_value must be at least 0, got {}", options_.max_value));
}
Value MaxNorm::apply(Value weight) const {
  const Value norms = norms_of(weight, options_.axis);
  return with_norms(weight, norms, ops::clip(norms, 0, options_.max_value));
}
Json MaxNorm::config() const {
  return to_json(options_);
}

Value NonNeg::apply(Value weight) const {
  return ops::unary(weight, ops::UnaryKind::Relu);
}

Value UnitNorm::apply(Value weight) const {
  const Value norms = norms_of(weight, options_.axis);
  return with_norms(weight, norms, ops::fill(*weight.graph, Shape{1}, 1));
}
Json UnitNorm::config() const {
  return to_json(options_);
}

MinMaxNorm::MinMaxNorm(MinMaxNormOptions options) : options_(std::move(options)) {
  const auto& o = options_;
  if (!(o.min_value >= 0 && o.min_value <= o.max_value && std::isfinite(o.max_value))) {
    throw InvalidArgument(format("MinMaxNorm: expected 0 <= min_value <= max_value, got {} and {}",
                                 o.min_value,
                                 o.max_value));
  }
  if (!(o.rate >= 0 && o.rate <= 1)) {
    throw InvalidArgument(format("MinMaxNorm: rate must be in [0, 1], got {}", o.rate));
  }
}
Value MinMaxNorm::apply(Value weight) const {
  const Value norms = norms_of(weight, options_.axis);
  const Value allowed = ops::clip(norms, options_.min_value, options_.max_value);
  const Value wanted = options_.rate == 1 ? allowed
                                          : ops::add(ops::scale(allowed, options_.rate),
                                                     ops::scale(norms, 1 - options_.rate));
  return with_norms(weight, norms, wanted);
}
Json MinMaxNorm::config() const {
  return to_json(options_);
}

namespace {

template <class C, class Options>
AnyConstraint make(const Json& config, const std::string& where) {
  return C(from_json<Options>(config, where));
}

AnyConstraint make_non_neg(const Json& config, const std::string& where) {
  from_json<NoOptions>(config, where);
  return NonNeg();
}

struct ConstraintEntry {
  std::string_view class_name;
  std::string_view string_name;
  AnyConstraint (*make)(const Json& config, const std::string& where);
};

constexpr std::array kConstraints = {
    ConstraintEntry{"MaxNorm", "max_norm", make<MaxNorm, MaxNormOptions>},
    ConstraintEntry{"NonNeg", "non_neg", make_non_neg},
    ConstraintEntry{"UnitNorm", "unit_norm", make<UnitNorm, UnitNormOptions>},
    ConstraintEntry{"MinMaxNorm", "min_max_norm", make<MinMaxNorm, MinMaxNormOptions>},
};

}  // namespace

Json json_of(const AnyConstraint& constraint) {
  return Json::object({{"module", "keras.constraints"},
                       {"class_name", constraint->class_name()},
                       {"config", constraint->config()},
                       {"registered_name", Json()}});
}

AnyConstraint constraint_from_json(const Json& json) {
  const std::string name = json.is_string() ? json.as_string() : json.at("class_name").as_string();
  const Json none = Json::object();
  const Json* config = json.is_object() ? json.find("config") : nullptr;
  std::vector<std::string_view> known;
  for (const ConstraintEntry& entry : kConstraints) {
    known.push_back(json.is_string() ? entry.string_name : entry.class_name);
    if (name != entry.class_name && name != entry.string_name) continue;
    return entry.make(config == nullptr ? none : *config, "constraint " + name);
  }
  throw InvalidArgument(unknown_name("constraint", name, known));
}

}  // namespace carnyx
