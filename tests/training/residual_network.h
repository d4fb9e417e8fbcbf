// A ResNet in small: every kind of layer that such networks train with, and pictures for it.
#pragma once

#include <cstdint>
#include <utility>

#include "carnyx/base/rng.h"
#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/batch_normalization.h"
#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/merging.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/layers/spatial_dropout.h"
#include "carnyx/layers/symbolic_tensor.h"

#include "tests/training/step_runs.h"

namespace carnyx {

/// As the CIFAR programs of ResNet change their images.
inline Augmentation pad_crop_flip_standardise() {
  return {.pad = 2, .flip_horizontal = true, .standardise = true};
}

/// Bytes that are brighter by class, 10 x 9 x 3, in five classes.
inline Dataset small_pictures(std::int64_t samples, const Augmentation& augmentation = {}) {
  constexpr std::int64_t kPixels = 10 * 9 * 3;
  constexpr std::uint64_t kClasses = 5;
  Tensor x(DType::Uint8, {samples, 10, 9, 3});
  Tensor y(DType::Uint8, {samples});
  Rng rng(21);
  for (std::int64_t i = 0; i < samples; ++i) {
    const std::uint64_t label = rng.below(kClasses);
    y.data<std::uint8_t>()[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(label);
    for (std::int64_t k = 0; k < kPixels; ++k) {
      x.data<std::uint8_t>()[static_cast<std::size_t>(i * kPixels + k)] =
          static_cast<std::uint8_t>(rng.below(120 + 30 * label));
    }
  }
  return {.x = std::move(x),
          .y = std::move(y),
          .divisor = 255,
          .classes = static_cast<std::int64_t>(kClasses),
          .name = "small pictures",
          .augmentation = augmentation};
}

inline SymbolicTensor convolved(const SymbolicTensor& x,
                                std::int64_t filters,
                                std::int64_t size,
                                std::int64_t stride) {
  const SymbolicTensor product = AnyLayer(Conv2D({.filters = filters,
                                                  .kernel_size = {size, size},
                                                  .strides = {stride, stride},
                                                  .padding = Padding::Same,
                                                  .use_bias = false,
                                                  .kernel_regularizer = L2({.l2 = 2e-4})}))(x);
  return AnyLayer(BatchNormalization({.momentum = 0.9}))(product);
}

/// Two blocks, the second at half the size with a projection beside it; 20 filters are no whole
/// number of vectors.
inline Network residual_network() {
  const auto relu = [](const SymbolicTensor& x) { return AnyLayer(ReLU({}))(x); };
  const SymbolicTensor image(Input({.shape = {10, 9, 3}}));
  const SymbolicTensor stem = relu(convolved(image, 8, 3, 1));
  const SymbolicTensor inner = convolved(relu(convolved(stem, 8, 3, 1)), 8, 3, 1);
  const SymbolicTensor first = relu(AnyLayer(Add())({stem, inner}));
  const SymbolicTensor half = relu(convolved(first, 20, 3, 2));
  const SymbolicTensor deep = convolved(AnyLayer(SpatialDropout2D({.rate = 0.25}))(half), 20, 3, 1);
  const SymbolicTensor second = relu(AnyLayer(Add())({convolved(first, 20, 1, 2), deep}));
  const SymbolicTensor pooled = AnyLayer(MaxPooling2D({}))(second);
  const SymbolicTensor flat = AnyLayer(GlobalAveragePooling2D({}))(pooled);
  const SymbolicTensor kept = AnyLayer(Dropout({.rate = 0.2}))(flat);
  const auto classes = AnyLayer(Dense({.units = 5, .activation = Activation::Softmax}))(kept);
  return Network({.inputs = {image}, .outputs = {classes}});
}

inline CompileOptions residual_training() {
  return {.optimizer = SGD({.learning_rate = 0.05, .momentum = 0.9}),
          .loss = SparseCategoricalCrossentropy({}),
          .metrics = {Accuracy({})}};
}

inline Model residual_model(const ModelOptions& options) {
  Model model(residual_network(), options);
  model.compile(residual_training());
  return model;
}

/// Every state, by name.
inline Outcome states_of(Model& model) {
  Outcome states;
  for (const auto& entry : model.states().entries()) {
    states[entry.spec.name] = numbers_of(model.weight(entry.spec.name));
  }
  return states;
}

}  // namespace carnyx
