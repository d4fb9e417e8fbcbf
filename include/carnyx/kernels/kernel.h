// A kernel: a group of ops bound to buffers, cut into chunks that any thread may run in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "carnyx/kernels/format.h"

namespace carnyx::kernels {

/// Where this step's rows come from: row r of the batch is row indices[r] of the source.
struct BatchRows {
  std::span<const std::int64_t> indices;  ///< one per valid row; rows past them are zero
  /// Which samples these rows hold, where a row does not hold the same one for ever. Empty: the
  /// indices say it.
  std::span<const std::int64_t> samples = {};
  std::int64_t epoch = 0;  ///< with the sample and the seed it decides how an image is changed
  std::uint64_t seed = 0;
};

/// All that changes from step to step besides buffers.
struct StepContext {
  std::uint64_t seed = 0;
  std::int64_t step = 0;        ///< counts optimizer steps from 0
  std::int64_t first_row = 0;   ///< global index of this process's first row in the batch
  std::int64_t valid_rows = 0;  ///< rows of the batch that are real; the rest is padding
  double gradient_scale = 1;    ///< 1 / number of valid rows over all replicas
  double learning_rate = 0.001;
  BatchRows next;  ///< the rows to gather for the next step, if any
};

/// A buffer as a kernel names it (an index into the program's address table), and what lies in it.
struct Operand {
  int buffer = -1;
  Format format;
  Shape shape;
};

/// What one call of Kernel::run may touch.
struct Arguments {
  std::byte* const* buffers;  ///< address of each buffer of the program
  const StepContext& context;
  std::span<std::byte> scratch;  ///< this thread's, 64-byte aligned, at least scratch_bytes()

  template <class T>
  [[nodiscard]] T* address(int buffer) const {
    return reinterpret_cast<T*>(buffers[buffer]);
  }
};

/// Chunks are independent, their bounds follow from shapes alone (so any number of threads gives
/// the same bits), and none allocates. A good chunk takes 5 to 50 microseconds.
class Kernel {
 public:
  virtual ~Kernel() = default;
  [[nodiscard]] virtual std::int64_t chunks() const = 0;
  [[nodiscard]] virtual std::int64_t scratch_bytes() const { return 0; }
  virtual void run(std::int64_t chunk, const Arguments& arguments) const = 0;
};

}  // namespace carnyx::kernels
