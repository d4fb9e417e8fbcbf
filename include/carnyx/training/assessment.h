#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "carnyx/data/dataset.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// Which class was taken for which, how often.
struct ConfusionMatrix {
  std::int64_t classes = 0;
  std::vector<std::int64_t> counts;  ///< [classes, classes]: a row a label, a column a guess

  [[nodiscard]] std::int64_t at(std::int64_t label, std::int64_t guess) const {
    return counts[static_cast<std::size_t>(label * classes + guess)];
  }
};

/// A sample that got another class than its own.
struct Mistake {
  std::int64_t sample = 0;  ///< its index in the data
  std::int64_t label = 0;
  std::int64_t guess = 0;
  std::vector<double> probabilities;  ///< a class each
  Tensor picture;  ///< [height, width] or [height, width, 3], uint8; empty: it is no picture
};

/// How a classifier does on labelled samples.
struct Assessment {
  ConfusionMatrix confusion;
  std::int64_t mistakes = 0;   ///< of all samples
  std::vector<Mistake> worst;  ///< the one whose own class was least probable first
};

struct AssessOptions {
  std::int64_t worst = 24;  ///< at most so many
  /// How a sample looks to a person, [height, width] or [height, width, channels]; none: as the
  /// data has it.
  std::optional<Shape> picture_shape = std::nullopt;
};

/// Judges the outputs of a network, [samples, classes]: probabilities, or logits, or with two
/// classes the one probability of class 1. Nothing if the data has no classes or the outputs are
/// none of these. A NaN is the least probable.
std::optional<Assessment> assess(const Tensor& outputs,
                                 const Dataset& data,
                                 const AssessOptions& options = {});

}  // namespace carnyx
