// What the op classes share: adding a node with one result, and errors in one form.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/graph/graph.h"

namespace carnyx::ops {

[[noreturn]] inline void reject(std::string_view op, const std::string& why) {
  throw InvalidArgument(std::string(op) + ": " + why);
}

/// Rejects what has no last axis, or nothing on it to find the largest of.
inline void require_features(std::string_view op, const Shape& x) {
  if (x.rank() == 0) reject(op, "expected at least one axis, got a scalar");
  if (x.columns() == 0) reject(op, "expected at least one feature, got " + x.to_string());
}

template <class T, class... Attributes>
Value add_node(std::initializer_list<Value> inputs, Attributes... attributes) {
  Graph& graph = *inputs.begin()->graph;
  return graph.add(std::make_shared<T>(std::move(attributes)...),
                   std::span<const Value>(inputs.begin(), inputs.size()))[0];
}

/// One row of a matrix, or of an array taken as one: its last axis.
inline std::span<const double> row_of(const ConstArray& x, std::size_t row) {
  const auto columns = static_cast<std::size_t>(x.shape.columns());
  return x.data.subspan(row * columns, columns);
}

/// y[i] = f(i) over the first output.
template <class F>
void fill_output(const ReferenceArguments& arguments, F f) {
  const auto y = arguments.outputs[0].data;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = f(i);
}

}  // namespace carnyx::ops
