#pragma once

#include <cstdint>
#include <string>

#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// Samples and their labels, resident in memory; what fit() and evaluate() read by index.
struct Dataset {
  Tensor x;           ///< [samples, ...]; uint8 or float32
  Tensor y;           ///< labels [samples], uint8 or int32, or targets [samples, ...], float32
  float divisor = 1;  ///< what x is divided by when it is read: 255 for uint8 images
  std::int64_t classes = 0;  ///< number of classes if y holds labels, else 0
  std::string name;          ///< where it came from, for messages

  [[nodiscard]] std::int64_t samples() const { return x.shape().rank() == 0 ? 0 : x.shape()[0]; }
  /// Shape of one sample: `x` without its first axis.
  [[nodiscard]] Shape sample_shape() const;
  /// A copy of samples [first, first + count).
  /// Throws InvalidArgument if the range leaves the set.
  [[nodiscard]] Dataset slice(std::int64_t first, std::int64_t count) const;
  /// The same storage, each sample seen as `sample_shape`, e.g. {784} for an image of 28 x 28.
  /// Throws InvalidArgument if a sample has another number of elements.
  [[nodiscard]] Dataset with_sample_shape(const Shape& sample_shape) const;
};

/// Throws InvalidArgument, naming the set, if x and y disagree on the number of samples, have a
/// dtype that fit() can't read, or if a label is outside [0, classes).
void validate(const Dataset& dataset);

/// What a model is fitted to, and what it is measured on.
struct TrainTest {
  Dataset train;
  Dataset test;
};

/// The first sample of the validation part: the last `validation_split` of the samples, taken
/// before any shuffling. Throws InvalidArgument if the fraction is outside (0, 1) or leaves one of
/// the parts empty. Source: Keras 3, train_validation_split.
std::int64_t validation_start(std::int64_t samples, double validation_split);

}  // namespace carnyx
