#include "data/streams/resident_labels.h"

#include <algorithm>
#include <cstring>

#include "carnyx/base/ensure.h"

namespace carnyx {

ResidentLabels::ResidentLabels(std::span<const ClassLabels> parts) {
  std::int64_t samples = 0;
  for (const ClassLabels& part : parts) {
    labels_.classes = std::max(labels_.classes, part.classes);
    samples += part.y.empty() ? 0 : part.y.elements();
  }
  labels_.y = Tensor(labels_.classes <= 256 ? DType::Uint8 : DType::Int32, {samples});
  std::int64_t at = 0;
  for (const ClassLabels& part : parts) {
    for (std::int64_t i = 0; !part.y.empty() && i < part.y.elements(); ++i) {
      store_element(labels_.y.bytes(), labels_.y.dtype(), at++, part.y.at(i));
    }
  }
}

Tensor ResidentLabels::of(const StreamPiece& piece) const {
  CARNYX_ENSURE(piece.first_sample + piece.samples <= samples());
  Tensor some(labels_.y.dtype(), {piece.samples});
  const std::int64_t size = size_of(some.dtype());
  std::memcpy(some.bytes(),
              labels_.y.bytes() + piece.first_sample * size,
              static_cast<std::size_t>(some.size_bytes()));
  return some;
}

}  // namespace carnyx
