// Labels that lie apart from their samples: they are small beside them, and stay in memory.
#pragma once

#include <cstdint>
#include <span>

#include "carnyx/tensor/tensor.h"

#include "data/labelled.h"
#include "data/streams/stream_source.h"

namespace carnyx {

class ResidentLabels final {
 public:
  ResidentLabels() = default;  ///< none
  /// The labels of consecutive samples; parts may be empty.
  explicit ResidentLabels(std::span<const ClassLabels> parts);
  explicit ResidentLabels(ClassLabels labels) : labels_(std::move(labels)) {}

  [[nodiscard]] std::int64_t classes() const { return labels_.classes; }
  [[nodiscard]] std::int64_t samples() const {
    return labels_.y.empty() ? 0 : labels_.y.elements();
  }
  /// Those of a piece's samples, [samples].
  [[nodiscard]] Tensor of(const StreamPiece& piece) const;

 private:
  ClassLabels labels_;
};

}  // namespace carnyx
