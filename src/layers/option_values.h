// Options as the graph and configs want them.
#pragma once

#include <cstdint>
#include <optional>

#include "carnyx/base/json.h"
#include "carnyx/layers/layer.h"

namespace carnyx {

inline std::optional<Shape> as_shape(const SampleShape& axes) {
  return axes ? std::optional(Shape(*axes)) : std::nullopt;
}

/// Of a regularizer or a constraint; null if there is none.
template <class T>
auto pointer_of(const std::optional<T>& option) {
  return option ? option->pointer() : nullptr;
}

template <class T>
Json json_or_null(const std::optional<T>& option) {
  return option ? json_of(*option) : Json();
}

/// A stream for a layer's draws: another one for each seed that its user asks for.
inline std::uint32_t seeded_stream(GraphBuilder& builder, std::optional<std::int64_t> seed) {
  const std::uint32_t stream = builder.random_stream();
  return seed ? stream ^ static_cast<std::uint32_t>(*seed) * 0x9E3779B9U : stream;
}

}  // namespace carnyx
