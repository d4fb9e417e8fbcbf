// What the loops are made of: elements, cheap chance, and a thread's share.
#pragma once

#include <bit>
#include <cstdint>

#include <omp.h>

#include "loops.h"

namespace carnyx::bench {

inline float load(float x) {
  return x;
}
inline float load(BFloat16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

inline void store(float& to, float x) {
  to = x;
}
inline void store(BFloat16& to, float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  to.bits = static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

/// A few operations of a counter-based hash: good enough to decide which activations to drop.
inline std::uint32_t hashed(std::uint32_t x) {
  x *= 0x9E3779B1U;
  x ^= x >> 15;
  x *= 0x85EBCA77U;
  return x ^ (x >> 13);
}

/// body(begin, end) once a thread, on its share of [0, size).
template <typename Body>
void share_out(std::int64_t size, const Body& body) {
#pragma omp parallel
  {
    const std::int64_t threads = omp_get_num_threads();
    const std::int64_t thread = omp_get_thread_num();
    body(size * thread / threads, size * (thread + 1) / threads);
  }
}

}  // namespace carnyx::bench
