#pragma once

#include <immintrin.h>

namespace carnyx::kernels {

/// While one lives, its thread takes denormal numbers for zero (FTZ and DAZ): a decaying average of
/// zero gradients would otherwise make arithmetic several times slower.
class FlushDenormals final {
 public:
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | kFlushToZero | kDenormalsAreZero); }
  ~FlushDenormals() { _mm_setcsr(saved_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  static constexpr unsigned kFlushToZero = 0x8000;
  static constexpr unsigned kDenormalsAreZero = 0x0040;
  unsigned saved_;
};

}  // namespace carnyx::kernels
