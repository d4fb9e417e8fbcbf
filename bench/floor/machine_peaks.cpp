#include "machine_peaks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <immintrin.h>
#include <omp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace carnyx::bench {
namespace {

/// The widest vector that the target of this file's compilation has.
#ifdef __AVX512F__
constexpr int kVectorBytes = 64;
#else
constexpr int kVectorBytes = 32;
#endif
typedef float Vector __attribute__((vector_size(kVectorBytes)));
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(float));
constexpr int kRepeats = 15;

/// Lower quartile of the seconds that all threads need for `body(thread)`.
template <typename Body>
double seconds(int threads, const Body& body) {
  std::array<double, kRepeats> times;
  for (double& time : times) {
    const auto started = std::chrono::steady_clock::now();
#pragma omp parallel num_threads(threads)
    body(omp_get_thread_num());
    time = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  }
  std::sort(times.begin(), times.end());
  return times[kRepeats / 4];
}

/// Keeps the compiler from computing or hoisting what the processor is to do.
void touch(Vector& x) {
  asm volatile("" : "+v"(x));
}

constexpr std::int64_t kFmaRounds = 1'000'000;
constexpr int kChains = 12;  // hides the latency of two units

void fma_rounds() {
  std::array<Vector, kChains> sums{};
  const Vector a = Vector{} + 0.999F;
  const Vector b = Vector{} + 0.001F;
  for (std::int64_t i = 0; i < kFmaRounds; ++i) {
#pragma GCC unroll 12
    for (Vector& sum : sums) {
      sum = sum * a + b;
      touch(sum);
    }
  }
}

void read_all(const Vector* from, std::size_t count) {
  std::array<Vector, 8> sums{};
  for (std::size_t i = 0; i < count; i += 8) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) sums[j] += from[i + j];
  }
  for (Vector& sum : sums) touch(sum);
}

void scale_all(Vector* all, std::size_t count) {
  for (std::size_t i = 0; i < count; i += 8) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) all[i + j] *= 1.0001F;
  }
  asm volatile("" ::: "memory");
}

constexpr std::size_t kPage = 4096;
struct Free {
  void operator()(float* pointer) const { ::operator delete[](pointer, std::align_val_t{kPage}); }
};
using Buffer = std::unique_ptr<float[], Free>;

Buffer buffer_of(std::size_t bytes) {
  Buffer buffer(new (std::align_val_t{kPage}) float[bytes / sizeof(float)]);
  std::fill_n(buffer.get(), bytes / sizeof(float), 1.0F);
  return buffer;
}

constexpr std::int64_t kTileRounds = 100'000;

__attribute__((target("amx-tile,amx-bf16"))) void tile_rounds() {
  struct alignas(64) {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {};
    std::uint8_t rows[16] = {};
  } config;
  for (int tile = 0; tile < 8; ++tile) {
    config.row_bytes[tile] = 64;
    config.rows[tile] = 16;
  }
  asm volatile("" ::"r"(&config) : "memory");  // gcc 12 thinks LDTILECFG reads 8 bytes
  _tile_loadconfig(&config);
  alignas(64) std::array<std::uint8_t, 1024> zeros{};
  _tile_loadd(4, zeros.data(), 64);
  _tile_loadd(5, zeros.data(), 64);
  _tile_loadd(6, zeros.data(), 64);
  _tile_loadd(7, zeros.data(), 64);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::int64_t i = 0; i < kTileRounds; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}

bool has_amx_bfloat16() {
  unsigned a = 7, b = 0, c = 0, d = 0;
  asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  constexpr unsigned kAmxBf16 = 1U << 22, kAmxTile = 1U << 24;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return (d & kAmxBf16) != 0 && (d & kAmxTile) != 0 &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

double fma_gflops(int threads) {
  const double time = seconds(threads, [](int) { fma_rounds(); });
  return 2.0 * kLanes * kChains * kFmaRounds * threads / time / 1e9;
}

double amx_bfloat16_gflops(int threads) {
  if (!has_amx_bfloat16()) return 0;
  const double time = seconds(threads, [](int) { tile_rounds(); });
  constexpr double kFlopsPerProduct = 2.0 * 16 * 16 * 32;
  return kFlopsPerProduct * 4 * kTileRounds * threads / time / 1e9;
}

Bandwidth bandwidth(std::size_t bytes_per_thread, int threads) {
  constexpr std::size_t kStep = 8 * kVectorBytes;
  const std::size_t bytes = bytes_per_thread / kStep * kStep;
  const std::size_t passes = std::max<std::size_t>(1, (std::size_t{64} << 20) / bytes);
  std::vector<Buffer> buffers(threads);
  for (Buffer& buffer : buffers) buffer = buffer_of(bytes);
  const auto vectors = [&](int thread) {
    return static_cast<Vector*>(static_cast<void*>(buffers[thread].get()));
  };
  const double total = static_cast<double>(bytes) * static_cast<double>(passes) * threads / 1e9;
  const double read = seconds(threads, [&](int thread) {
    for (std::size_t i = 0; i < passes; ++i) read_all(vectors(thread), bytes / kVectorBytes);
  });
  const double scaled = seconds(threads, [&](int thread) {
    for (std::size_t i = 0; i < passes; ++i) scale_all(vectors(thread), bytes / kVectorBytes);
  });
  return {.read = total / read, .read_write = 2 * total / scaled};
}

}  // namespace carnyx::bench
