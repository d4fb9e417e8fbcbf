// What this machine can do at best, measured: the numbers under a roofline.
#pragma once

#include <cstddef>

namespace carnyx::bench {

/// Float32 multiply-adds from registers, in GFLOP/s, with so many OpenMP threads.
double fma_gflops(int threads);

/// Bfloat16 tile products (AMX) from registers, in GFLOP/s; 0 if the processor has none.
double amx_bfloat16_gflops(int threads);

struct Bandwidth {
  double read = 0;        // GB/s
  double read_write = 0;  // GB/s, in place, both directions counted
};

/// Every thread works on its own buffer of this size, again and again.
Bandwidth bandwidth(std::size_t bytes_per_thread, int threads);

}  // namespace carnyx::bench
