// The loops that only convolutional networks need. T is float or BFloat16; arithmetic is float32.
#pragma once

#include <cstdint>
#include <span>

#include "loops.h"

namespace carnyx::bench {

/// y = relu(a + b).
template <typename T>
void add_relu(T* y, const T* a, const T* b, std::int64_t size);

/// dy = dy + more where y > 0, else 0.
template <typename T>
void add_relu_backward(T* dy, const T* more, const T* y, std::int64_t size);

/// A random window of each image padded by 4 zeros, mirrored or not, standardised. Images are
/// square: [rows, side, side, channels].
template <typename T>
void crop_flip(std::span<const std::uint8_t> images,
               std::span<const std::int32_t> picked,
               std::int64_t side,
               std::int64_t channels,
               std::uint32_t seed,
               T* x);

/// The same without window and mirror, as for test images.
template <typename T>
void standardise(std::span<const std::uint8_t> images,
                 std::span<const std::int32_t> picked,
                 std::int64_t features,
                 T* x);

/// One pass over flat buffers: learning rate 1, rho 0.95; `first` holds squared changes.
void adadelta(std::span<float> w,
              std::span<float> first,
              std::span<float> second,
              std::span<const float> g);

/// One pass: learning rate 0.1, momentum 0.9, `decay` times the weight added to its gradient.
void sgd_momentum(std::span<float> w, std::span<float> m, std::span<const float> g, float decay);

/// moving = 0.997 moving + 0.003 batch, for a handful of channels.
void move_towards(std::span<float> moving, const float* batch);

}  // namespace carnyx::bench
