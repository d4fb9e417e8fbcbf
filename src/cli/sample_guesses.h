// What a model makes of samples that are no table's: a line each, as CSV or JSON Lines.
#pragma once

#include <string>

#include "carnyx/models/network.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx::cli {

/// Writes a network's outputs. Several numbers a sample are classes, the largest the likeliest; one
/// number out of a sigmoid is the probability of class 1 of two; any other is a value. Outputs of
/// more axes, as images, are listed as JSON alone.
class SampleGuesses {
 public:
  /// Throws InvalidArgument for CSV of outputs that are no row of numbers, or several outputs.
  SampleGuesses(const Network& network, bool json);

  /// The header of CSV; nothing of JSON.
  [[nodiscard]] std::string header() const;
  /// A line for each of a file's samples. Shapes: outputs [samples, ...].
  [[nodiscard]] std::string lines(const std::string& file, const Tensor& outputs) const;

 private:
  enum class Kind { Classes, Scores, TwoClasses, Value, Array };

  Kind kind_;
  Shape shape_;  ///< of one sample's output
  bool json_;
};

}  // namespace carnyx::cli
