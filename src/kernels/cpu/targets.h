// The instruction sets that a file is compiled for: plain scalar code, SSE4, AVX2, AVX-512. A file
// defines HWY_TARGET_INCLUDE as its own path and then includes this, which compiles it once for
// each. No include guard: the second half must be seen anew by every target.
#ifndef HWY_DISABLED_TARGETS
// SSSE3 alone and VNNI are of no use here, and each target costs a compilation.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)  // NOLINT(readability-identifier-naming)
#endif
#ifndef HWY_BROKEN_EMU128
// One fallback with every compiler: old GCCs can't have the emulated vectors.
#define HWY_BROKEN_EMU128 1  // NOLINT(readability-identifier-naming)
#endif

#include <hwy/foreach_target.h>
#include <hwy/highway.h>
