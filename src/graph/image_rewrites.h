// Rewrites of graphs of images: padding becomes the windows', transposes meet and vanish.
#pragma once

#include "graph/passes.h"

namespace carnyx {

/// What a rewrite knows of the old graph.
struct OldGraph {
  std::vector<std::vector<int>> readers;
  std::vector<bool> kept;

  /// Whether one node alone needs the value.
  [[nodiscard]] bool is_read_once(int value) const {
    const auto index = static_cast<std::size_t>(value);
    return readers[index].size() == 1 && !kept[index];
  }
};

/// conv2d(pad(x)) with zeros around height and width is conv2d(x) in a window of more padding; so
/// are its gradients, of which x's is a slice of the padded one's.
std::optional<Value> padding_into_window(const Rewrite& rewrite, const OldGraph& old);

/// transpose(transpose(x)) is one transpose, or x.
std::optional<Value> transpose_chain(const Rewrite& rewrite);
/// f(transpose(x)) is transpose(f(x)) of what treats all elements alike: so it meets the next one.
std::optional<Value> transpose_last(const Rewrite& rewrite);

}  // namespace carnyx
