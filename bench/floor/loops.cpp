#include "loops.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <immintrin.h>

#include "loop_pieces.h"

namespace carnyx::bench {
namespace {

constexpr float kLearningRate = 0.001F;
constexpr float kEpsilon = 1e-7F;

}  // namespace

void flush_denormals() {
#pragma omp parallel
  _mm_setcsr(_mm_getcsr() | 0x8040U);  // FTZ and DAZ
}

template <typename T>
void gather(std::span<const std::uint8_t> images,
            std::span<const std::int32_t> picked,
            std::int64_t features,
            T* x) {
  const auto rows = static_cast<std::int64_t>(picked.size());
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::uint8_t* from = images.data() + picked[row] * features;
    T* to = x + row * features;
#pragma omp simd
    for (std::int64_t i = 0; i < features; ++i) {
      store(to[i], static_cast<float>(from[i]) * (1.0F / 255.0F));
    }
  }
}

template <typename T>
void dropout(T* y, std::int64_t size, float rate, std::uint32_t seed) {
  const auto threshold = static_cast<std::uint32_t>(static_cast<double>(rate) * 4294967296.0);
  const float scale = 1 / (1 - rate);
  share_out(size, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const bool is_kept = hashed(static_cast<std::uint32_t>(i) ^ seed) >= threshold;
      const float kept = load(y[i]) * scale;
      store(y[i], is_kept ? kept : 0.0F);
    }
  });
}

template <typename T>
void relu_dropout_backward(T* dy, const T* y, std::int64_t size, float rate) {
  const float scale = 1 / (1 - rate);
  share_out(size, [=](std::int64_t begin, std::int64_t end) {
    T* __restrict to = dy;
    const T* __restrict from = y;
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const float passed = load(to[i]) * scale;
      store(to[i], load(from[i]) > 0 ? passed : 0.0F);
    }
  });
}

template <typename T>
void tanh_backward(T* dy, const T* y, std::int64_t size) {
  share_out(size, [=](std::int64_t begin, std::int64_t end) {
    T* __restrict to = dy;
    const T* __restrict from = y;
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      store(to[i], load(to[i]) * (1 - load(from[i]) * load(from[i])));
    }
  });
}

template <typename T>
float softmax_crossentropy(const float* logits,
                           const std::int32_t* labels,
                           std::int64_t rows,
                           std::int64_t classes,
                           T* delta) {
  float loss = 0;
  for (std::int64_t row = 0; row < rows; ++row) {  // 128 rows of 10: too little for two threads
    const float* z = logits + row * classes;
    T* d = delta + row * classes;
    float largest = z[0];
    for (std::int64_t c = 1; c < classes; ++c) largest = std::max(largest, z[c]);
    float sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(z[c] - largest);
    for (std::int64_t c = 0; c < classes; ++c) {
      const float own = c == labels[row] ? 1.0F : 0.0F;
      store(d[c], (std::exp(z[c] - largest) / sum - own) / static_cast<float>(rows));
    }
    loss += std::log(sum) + largest - z[labels[row]];
  }
  return loss / static_cast<float>(rows);
}

std::int64_t count_right(const float* logits,
                         const std::int32_t* labels,
                         std::int64_t rows,
                         std::int64_t classes) {
  std::int64_t right = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* z = logits + row * classes;
    right += std::max_element(z, z + classes) - z == labels[row];
  }
  return right;
}

void rmsprop(std::span<float> w, std::span<float> v, std::span<const float> g) {
  constexpr float kRho = 0.9F;
  share_out(std::ssize(w), [=](std::int64_t begin, std::int64_t end) {
    float* __restrict weights = w.data();
    float* __restrict slots = v.data();
    const float* __restrict gradient = g.data();
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      slots[i] = kRho * slots[i] + (1 - kRho) * gradient[i] * gradient[i];
      weights[i] -= kLearningRate * gradient[i] / std::sqrt(slots[i] + kEpsilon);
    }
  });
}

void adam(std::span<float> w,
          std::span<float> m,
          std::span<float> v,
          std::span<const float> g,
          float scale,
          std::int64_t step) {
  constexpr float kBeta1 = 0.9F;
  constexpr float kBeta2 = 0.999F;
  const double t = static_cast<double>(step);
  const auto rate = static_cast<float>(static_cast<double>(kLearningRate) *
                                       std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)));
  share_out(std::ssize(w), [=](std::int64_t begin, std::int64_t end) {
    float* __restrict weights = w.data();
    float* __restrict first = m.data();
    float* __restrict second = v.data();
    const float* __restrict gradient = g.data();
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const float scaled = gradient[i] * scale;
      first[i] += (scaled - first[i]) * (1 - kBeta1);
      second[i] += (scaled * scaled - second[i]) * (1 - kBeta2);
      weights[i] -= rate * first[i] / (std::sqrt(second[i]) + kEpsilon);
    }
  });
}

double sum_of_squares(std::span<const float> g) {
  float sum = 0;
  const float* gradient = g.data();
  const auto size = static_cast<std::int64_t>(g.size());
#pragma omp parallel for simd schedule(static) reduction(+ : sum)
  for (std::int64_t i = 0; i < size; ++i) sum += gradient[i] * gradient[i];
  return static_cast<double>(sum);
}

template void gather(std::span<const std::uint8_t>,
                     std::span<const std::int32_t>,
                     std::int64_t,
                     float*);
template void gather(std::span<const std::uint8_t>,
                     std::span<const std::int32_t>,
                     std::int64_t,
                     BFloat16*);
template void dropout(float*, std::int64_t, float, std::uint32_t);
template void dropout(BFloat16*, std::int64_t, float, std::uint32_t);
template void relu_dropout_backward(float*, const float*, std::int64_t, float);
template void relu_dropout_backward(BFloat16*, const BFloat16*, std::int64_t, float);
template void tanh_backward(float*, const float*, std::int64_t);
template void tanh_backward(BFloat16*, const BFloat16*, std::int64_t);
template float softmax_crossentropy(
    const float*, const std::int32_t*, std::int64_t, std::int64_t, float*);
template float softmax_crossentropy(
    const float*, const std::int32_t*, std::int64_t, std::int64_t, BFloat16*);

}  // namespace carnyx::bench
