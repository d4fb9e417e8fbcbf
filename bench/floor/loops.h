// What a training step does besides its matrix products, as one vectorised OpenMP loop each.
// T is float or BFloat16; all arithmetic is float32.
#pragma once

#include <cstdint>
#include <span>

namespace carnyx::bench {

/// The upper half of a float32, rounded to nearest even.
struct BFloat16 {
  std::uint16_t bits;
};

/// Denormals to zero in every OpenMP thread: RMSprop's slots of dead inputs decay into them.
void flush_denormals();

/// x[r] = images[picked[r]] / 255. Shapes: images [rows, features]; x [picked, features].
template <typename T>
void gather(std::span<const std::uint8_t> images,
            std::span<const std::int32_t> picked,
            std::int64_t features,
            T* x);

/// Inverted dropout in place: y is zeroed with probability `rate`, else divided by 1 - rate.
template <typename T>
void dropout(T* y, std::int64_t size, float rate, std::uint32_t seed);

/// dy *= the slope of relu followed by dropout, whose output was y.
template <typename T>
void relu_dropout_backward(T* dy, const T* y, std::int64_t size, float rate);

/// dy *= the slope of tanh, whose output was y.
template <typename T>
void tanh_backward(T* dy, const T* y, std::int64_t size);

/// Mean loss over the rows; delta gets its gradient. Shapes: logits, delta [rows, classes].
template <typename T>
float softmax_crossentropy(const float* logits,
                           const std::int32_t* labels,
                           std::int64_t rows,
                           std::int64_t classes,
                           T* delta);

/// Of the rows, those whose largest logit is the label's. Shape: logits [rows, classes].
std::int64_t count_right(const float* logits,
                         const std::int32_t* labels,
                         std::int64_t rows,
                         std::int64_t classes);

/// One pass over flat buffers; Keras's rule (epsilon inside the root).
void rmsprop(std::span<float> w, std::span<float> v, std::span<const float> g);

/// One pass over flat buffers; `scale` multiplies every gradient (clipping), step counts from 1.
void adam(std::span<float> w,
          std::span<float> m,
          std::span<float> v,
          std::span<const float> g,
          float scale,
          std::int64_t step);

double sum_of_squares(std::span<const float> g);

}  // namespace carnyx::bench
