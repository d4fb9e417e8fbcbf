#include "image_loops.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "loop_pieces.h"

namespace carnyx::bench {
namespace {

constexpr std::int64_t kPadding = 4;

/// x = (x - mean) / max(deviation, 1 / sqrt(size)), from float32 pixels.
template <typename T>
void standardised(const float* pixels, std::int64_t size, T* x) {
  float sum = 0;
  float squares = 0;
#pragma omp simd reduction(+ : sum, squares)
  for (std::int64_t i = 0; i < size; ++i) {
    sum += pixels[i];
    squares += pixels[i] * pixels[i];
  }
  const auto count = static_cast<float>(size);
  const float mean = sum / count;
  const float variance = std::max(squares / count - mean * mean, 0.0F);
  const float scale = 1 / std::max(std::sqrt(variance), 1 / std::sqrt(count));
#pragma omp simd
  for (std::int64_t i = 0; i < size; ++i) store(x[i], (pixels[i] - mean) * scale);
}

/// The window of `image` that begins at (row, column) of the padded image.
void window(const std::uint8_t* image,
            std::int64_t side,
            std::int64_t channels,
            std::int64_t row,
            std::int64_t column,
            bool is_mirrored,
            float* pixels) {
  for (std::int64_t y = 0; y < side; ++y) {
    const std::int64_t from_y = y + row - kPadding;
    float* to = pixels + y * side * channels;
    std::fill(to, to + side * channels, 0.0F);
    if (from_y < 0 || from_y >= side) continue;
    for (std::int64_t x = 0; x < side; ++x) {
      const std::int64_t from_x = (is_mirrored ? side - 1 - x : x) + column - kPadding;
      if (from_x < 0 || from_x >= side) continue;
      const std::uint8_t* from = image + (from_y * side + from_x) * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        to[x * channels + c] = static_cast<float>(from[c]);
      }
    }
  }
}

}  // namespace

template <typename T>
void add_relu(T* y, const T* a, const T* b, std::int64_t size) {
  share_out(size, [=](std::int64_t begin, std::int64_t end) {
    T* __restrict to = y;
    const T* __restrict left = a;
    const T* __restrict right = b;
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      store(to[i], std::max(load(left[i]) + load(right[i]), 0.0F));
    }
  });
}

template <typename T>
void add_relu_backward(T* dy, const T* more, const T* y, std::int64_t size) {
  share_out(size, [=](std::int64_t begin, std::int64_t end) {
    T* __restrict to = dy;
    const T* __restrict added = more;
    const T* __restrict from = y;
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const float sum = load(to[i]) + load(added[i]);
      store(to[i], load(from[i]) > 0 ? sum : 0.0F);
    }
  });
}

template <typename T>
void crop_flip(std::span<const std::uint8_t> images,
               std::span<const std::int32_t> picked,
               std::int64_t side,
               std::int64_t channels,
               std::uint32_t seed,
               T* x) {
  const std::int64_t features = side * side * channels;
  const std::int64_t rows = std::ssize(picked);
#pragma omp parallel
  {
    std::vector<float> pixels(features);
#pragma omp for schedule(static)
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::uint32_t draw = hashed(static_cast<std::uint32_t>(row) ^ hashed(seed));
      const std::uint8_t* image = images.data() + picked[row] * features;
      constexpr std::uint32_t kPlaces = 2 * kPadding + 1;
      window(image,
             side,
             channels,
             draw % kPlaces,
             draw / kPlaces % kPlaces,
             (draw >> 30) % 2 == 1,
             pixels.data());
      standardised(pixels.data(), features, x + row * features);
    }
  }
}

template <typename T>
void standardise(std::span<const std::uint8_t> images,
                 std::span<const std::int32_t> picked,
                 std::int64_t features,
                 T* x) {
  const std::int64_t rows = std::ssize(picked);
#pragma omp parallel
  {
    std::vector<float> pixels(features);
#pragma omp for schedule(static)
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::uint8_t* image = images.data() + picked[row] * features;
      std::transform(image, image + features, pixels.begin(), [](std::uint8_t byte) {
        return static_cast<float>(byte);
      });
      standardised(pixels.data(), features, x + row * features);
    }
  }
}

void adadelta(std::span<float> w,
              std::span<float> first,
              std::span<float> second,
              std::span<const float> g) {
  constexpr float kRho = 0.95F;
  constexpr float kEpsilon = 1e-7F;
  share_out(std::ssize(w), [=](std::int64_t begin, std::int64_t end) {
    float* __restrict weights = w.data();
    float* __restrict changes = first.data();
    float* __restrict squares = second.data();
    const float* __restrict gradient = g.data();
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      squares[i] = kRho * squares[i] + (1 - kRho) * gradient[i] * gradient[i];
      const float change =
          gradient[i] * std::sqrt((changes[i] + kEpsilon) / (squares[i] + kEpsilon));
      changes[i] = kRho * changes[i] + (1 - kRho) * change * change;
      weights[i] -= change;
    }
  });
}

void sgd_momentum(std::span<float> w, std::span<float> m, std::span<const float> g, float decay) {
  constexpr float kMomentum = 0.9F;
  constexpr float kLearningRate = 0.1F;
  share_out(std::ssize(w), [=](std::int64_t begin, std::int64_t end) {
    float* __restrict weights = w.data();
    float* __restrict momentum = m.data();
    const float* __restrict gradient = g.data();
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      momentum[i] = kMomentum * momentum[i] - kLearningRate * (gradient[i] + decay * weights[i]);
      weights[i] += momentum[i];
    }
  });
}

void move_towards(std::span<float> moving, const float* batch) {
  constexpr float kMomentum = 0.997F;
  for (std::size_t i = 0; i < moving.size(); ++i) {
    moving[i] = kMomentum * moving[i] + (1 - kMomentum) * batch[i];
  }
}

#define CARNYX_INSTANTIATE(T)                                            \
  template void add_relu(T*, const T*, const T*, std::int64_t);          \
  template void add_relu_backward(T*, const T*, const T*, std::int64_t); \
  template void crop_flip(std::span<const std::uint8_t>,                 \
                          std::span<const std::int32_t>,                 \
                          std::int64_t,                                  \
                          std::int64_t,                                  \
                          std::uint32_t,                                 \
                          T*);                                           \
  template void standardise(                                             \
      std::span<const std::uint8_t>, std::span<const std::int32_t>, std::int64_t, T*);
CARNYX_INSTANTIATE(float)
CARNYX_INSTANTIATE(BFloat16)
#undef CARNYX_INSTANTIATE

}  // namespace carnyx::bench
