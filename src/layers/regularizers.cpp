#include "carnyx/layers/regularizers.h"

#include <array>
#include <cmath>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/graph/ops.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, L1L2Options& o) {
  visit("l1", o.l1);
  visit("l2", o.l2);
}

template <class V>
void visit_fields(V& visit, L1Options& o) {
  visit("l1", o.l1);
}

template <class V>
void visit_fields(V& visit, L2Options& o) {
  visit("l2", o.l2);
}

template <class V>
void visit_fields(V& visit, OrthogonalRegularizerOptions& o) {
  visit("factor", o.factor);
  visit("mode", o.mode);
}

namespace {

void require_factor(std::string_view regularizer, std::string_view option, double value) {
  if (value >= 0 && std::isfinite(value)) return;
  throw InvalidArgument(format("{}: {} must be at least 0, got {}", regularizer, option, value));
}

Value absolute_sum(Value x) {
  return ops::sum_all(ops::unary(x, ops::UnaryKind::Abs));
}

Value square_sum(Value x) {
  return ops::sum_all(ops::unary(x, ops::UnaryKind::Square));
}

/// Rows, or columns, of length 1; what is all zero stays so. Source: keras.ops.normalize.
Value normalized(Value x, OrthogonalMode mode) {
  constexpr double kLeastNorm = 1e-7;  // keras.config.epsilon()
  const bool rows = mode == OrthogonalMode::Rows;
  const Shape sums = rows ? Shape{x.shape()[0], 1} : Shape{1, x.shape()[1]};
  const Value squares = ops::sum_to(ops::unary(x, ops::UnaryKind::Square), sums);
  const Value least = ops::fill(*x.graph, Shape{1}, kLeastNorm * kLeastNorm);
  const Value bounded = ops::binary(squares, least, ops::BinaryKind::Maximum);
  return ops::multiply(x, ops::unary(bounded, ops::UnaryKind::Rsqrt));
}

}  // namespace

L1L2::L1L2(L1L2Options options) : options_(options) {
  require_factor("L1L2", "l1", options.l1);
  require_factor("L1L2", "l2", options.l2);
}
Value L1L2::penalty(Value x, Value) const {
  return ops::add(ops::scale(absolute_sum(x), options_.l1), ops::scale(square_sum(x), options_.l2));
}
std::optional<Regularizer::Slope> L1L2::slope() const {
  return Slope{.l1 = options_.l1, .l2 = options_.l2};
}
Json L1L2::config() const {
  return to_json(options_);
}

L1::L1(L1Options options) : options_(options) {
  require_factor("L1", "l1", options.l1);
}
Value L1::penalty(Value x, Value) const {
  return ops::scale(absolute_sum(x), options_.l1);
}
std::optional<Regularizer::Slope> L1::slope() const {
  return Slope{.l1 = options_.l1};
}
Json L1::config() const {
  return to_json(options_);
}

L2::L2(L2Options options) : options_(options) {
  require_factor("L2", "l2", options.l2);
}
Value L2::penalty(Value x, Value) const {
  return ops::scale(square_sum(x), options_.l2);
}
std::optional<Regularizer::Slope> L2::slope() const {
  return Slope{.l2 = options_.l2};
}
Json L2::config() const {
  return to_json(options_);
}

OrthogonalRegularizer::OrthogonalRegularizer(OrthogonalRegularizerOptions options)
    : options_(options) {
  require_factor("OrthogonalRegularizer", "factor", options.factor);
}

/// |x x^T| summed without its diagonal, whose sum is that of x's squares, for x of unit rows; over
/// the n (n - 1) places that are not on it. One row alone has nobody to be orthogonal to.
Value OrthogonalRegularizer::penalty(Value x, Value rows) const {
  if (x.shape().rank() != 2) {
    throw InvalidArgument("OrthogonalRegularizer: expected a matrix, got the shape " +
                          x.shape().to_string());
  }
  const bool by_rows = options_.mode == OrthogonalMode::Rows;
  const Value unit = normalized(x, options_.mode);
  const Value cosines = ops::matmul(unit, unit, !by_rows, by_rows);
  const Value sum = ops::subtract(absolute_sum(cosines), square_sum(unit));
  const auto columns = static_cast<double>(x.shape()[1]);
  const Value count = by_rows ? rows : ops::fill(*x.graph, Shape{1}, columns);
  const Value places = ops::binary(ops::multiply(count, ops::shift(count, -1)),
                                   ops::fill(*x.graph, Shape{1}, 1),
                                   ops::BinaryKind::Maximum);
  return ops::scale(ops::divide(sum, ops::convert(places, DType::Float64)), options_.factor);
}
Json OrthogonalRegularizer::config() const {
  return to_json(options_);
}

namespace {

constexpr std::array<std::string_view, 2> kOrthogonalModes = {"rows", "columns"};

template <class R, class Options>
AnyRegularizer make(const Json& config, const std::string& where) {
  Json given = Json::object();
  for (const auto& [key, value] : config.members()) {
    if (!value.is_null()) given.set(key, value);  // Keras takes None for the default
  }
  return R(from_json<Options>(given, where));
}

struct RegularizerEntry {
  std::string_view class_name;
  std::string_view string_name;
  AnyRegularizer (*make)(const Json& config, const std::string& where);
};

constexpr std::array kRegularizers = {
    RegularizerEntry{"L1", "l1", make<L1, L1Options>},
    RegularizerEntry{"L2", "l2", make<L2, L2Options>},
    RegularizerEntry{"L1L2", "l1_l2", make<L1L2, L1L2Options>},
    RegularizerEntry{"OrthogonalRegularizer",
                     "orthogonal_regularizer",
                     make<OrthogonalRegularizer, OrthogonalRegularizerOptions>},
};

}  // namespace

std::string_view name_of(OrthogonalMode mode) {
  return kOrthogonalModes[static_cast<std::size_t>(mode)];
}
void from_name(std::string_view name, OrthogonalMode& mode) {
  if (name != kOrthogonalModes[0] && name != kOrthogonalModes[1]) {
    throw InvalidArgument(unknown_name("OrthogonalRegularizer mode", name, kOrthogonalModes));
  }
  mode = name == kOrthogonalModes[0] ? OrthogonalMode::Rows : OrthogonalMode::Columns;
}

Json json_of(const AnyRegularizer& regularizer) {
  return Json::object({{"module", "keras.regularizers"},
                       {"class_name", regularizer->class_name()},
                       {"config", regularizer->config()},
                       {"registered_name", Json()}});
}

AnyRegularizer regularizer_from_json(const Json& json) {
  const std::string name = json.is_string() ? json.as_string() : json.at("class_name").as_string();
  const Json none = Json::object();
  const Json* config = json.is_object() ? json.find("config") : nullptr;
  std::vector<std::string_view> known;
  for (const RegularizerEntry& entry : kRegularizers) {
    known.push_back(json.is_string() ? entry.string_name : entry.class_name);
    if (name != entry.class_name && name != entry.string_name) continue;
    return entry.make(config == nullptr ? none : *config, "regularizer " + name);
  }
  throw InvalidArgument(unknown_name("regularizer", name, known));
}

}  // namespace carnyx
