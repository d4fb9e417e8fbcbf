#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "carnyx/data/augmentation.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx {

/// One of several inputs, or of several targets, of the same samples.
struct NamedRows {
  std::string name;          ///< of the model's input, or of the layer that makes the output
  Tensor rows;               ///< [samples, ...], as x and y
  float divisor = 1;         ///< of an input, as that of x
  std::int64_t classes = 0;  ///< of a target, as that of y
};

/// Samples and their labels, resident in memory; what fit() and evaluate() read by index.
struct Dataset {
  Tensor x;           ///< [samples, ...]; uint8 or float32
  Tensor y;           ///< labels [samples], uint8 or int32, or targets [samples, ...], float32
  float divisor = 1;  ///< what x is divided by when it is read: 255 for uint8 images
  std::int64_t classes = 0;   ///< number of classes if y holds labels, else 0
  std::string name;           ///< where it came from, for messages
  Tensor sample_weight = {};  ///< of each sample's loss, [samples] float32; empty: each counts 1
  Augmentation augmentation = {};  ///< of images, while they are read; none by default

  /// For a model of several inputs: what each is fed, in any order; x stays empty.
  std::vector<NamedRows> inputs = {};
  /// For a model of several outputs: what each is measured by, in any order; y stays empty.
  std::vector<NamedRows> targets = {};

  [[nodiscard]] std::int64_t samples() const;
  /// `inputs`, or x alone under the name "x"; likewise the targets and "y". They share storage.
  [[nodiscard]] std::vector<NamedRows> input_rows() const;
  [[nodiscard]] std::vector<NamedRows> target_rows() const;
  /// Shape of one sample: `x` without its first axis.
  [[nodiscard]] Shape sample_shape() const;
  /// A copy of samples [first, first + count).
  /// Throws InvalidArgument if the range leaves the set.
  [[nodiscard]] Dataset slice(std::int64_t first, std::int64_t count) const;
  /// The same storage, each sample seen as `sample_shape`, e.g. {784} for an image of 28 x 28.
  /// Axes are merged or split, never moved: throws InvalidArgument if a sample has another number
  /// of elements, or its axes would be mixed, as those of {32, 32, 3} seen as {3, 32, 32}.
  [[nodiscard]] Dataset with_sample_shape(const Shape& sample_shape) const;
};

/// The data set with a sample_weight for each sample, by its class: its label, or the largest of
/// its target; 1 where no weight is given. Throws InvalidArgument if it has a sample_weight or
/// several targets, or if a weight is not finite. Source: Keras 3, class_weight_to_sample_weights.
Dataset with_class_weight(const Dataset& dataset,
                          const std::map<std::int64_t, double>& class_weight);

/// Throws InvalidArgument, naming the set, if x and y, or what stands for them, disagree on the
/// number of samples, have a dtype that fit() can't read, if a label is outside [0, classes), if
/// there is no finite sample_weight for each sample, or if the augmentation does not suit x.
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
