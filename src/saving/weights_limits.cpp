#include "saving/weights_limits.h"

#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

namespace carnyx {
namespace {

constexpr std::uint64_t kCopies = 6;                        // the weight and, at most, five slots
constexpr std::uint64_t kBeside = std::uint64_t{64} << 10;  // iteration, learning rate, names, ...
// Trained floats hardly pack, and zeroed slots a few times; a small file may pack as it likes.
constexpr std::uint64_t kMostWeightsInflation = 100;
constexpr std::uint64_t kHarmless = std::uint64_t{256} << 20;

std::uint64_t elements_of(const std::vector<LayerVariables>& layers) {
  std::uint64_t elements = 0;  // each weight has at most 2^31, and a config room for few of those
  for (const LayerVariables& layer : layers) {
    for (const VariableSpec& spec : layer.variables) {
      elements += static_cast<std::uint64_t>(spec.shape.elements());
    }
  }
  return elements;
}

}  // namespace

WeightsLimits weights_limits(const std::vector<LayerVariables>& layers,
                             std::uint64_t stored_bytes,
                             const std::string& where) {
  const std::uint64_t elements = elements_of(layers);
  const std::uint64_t most = std::max(kHarmless, stored_bytes * kMostWeightsInflation);
  if (elements * sizeof(float) > most) {
    throw CorruptData(
        format("{}: its network has weights of {} bytes, and the file stores {}; expected at least "
               "1 for {} of them; it is cut short, or was made to fill memory",
               where,
               elements * sizeof(float),
               stored_bytes,
               kMostWeightsInflation));
  }
  return {.tensor_bytes = std::min(most, kBeside + elements * sizeof(float) * kCopies),
          .file_bytes =
              std::min(most, kBeside * (layers.size() + 1) + elements * sizeof(double) * kCopies)};
}

}  // namespace carnyx
