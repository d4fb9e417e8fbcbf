// One dense layer as bare oneDNN primitives. Everything that names oneDNN is in
// dense_primitives_v2.cpp, written for its API 2.x; a library of API 3.x needs a twin of that file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "workload.h"

namespace carnyx::bench {

enum class Dtype { Float32, BFloat16 };

/// So many floats in whole cache lines, on which the weights of a layer begin.
inline std::size_t aligned(std::size_t floats) {
  return (floats + 15) / 16 * 16;
}

/// Whether this processor computes bfloat16 in its own instructions.
bool has_native_bfloat16();

struct DenseOptions {
  std::int64_t batch = 0;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  Activation activation = Activation::Linear;  // fused into the forward primitive
  Dtype dtype = Dtype::Float32;                // of activations and of the weights' working copies
  bool is_first = false;                       // it has no gradient of its input
  bool is_last = false;                        // its output is float32
};

/// Activations are plain [batch, width] of the dtype; the kernel, its gradient and with them the
/// optimizer's slots are in the layout that the weight gradient's primitive likes best, float32.
class DensePrimitives final {
 public:
  explicit DensePrimitives(const DenseOptions& options);
  /// The same layer for another batch size, in the kernel layout of `other`.
  DensePrimitives(const DenseOptions& options, const DensePrimitives& other);
  ~DensePrimitives();
  DensePrimitives(DensePrimitives&&) noexcept;
  DensePrimitives& operator=(DensePrimitives&&) noexcept;

  /// Floats that the kernel's layout takes, padding included.
  std::size_t kernel_size() const;

  /// Uses these buffers from now on; biases and their gradients hold `outputs` floats.
  void bind(float* kernel, float* bias, float* kernel_gradient, float* bias_gradient);

  /// Fills the bound kernel from `plain`, [inputs, outputs].
  void set_kernel(std::span<const float> plain);

  /// Refreshes the copies that forward and backward_data read; once a step, after the update.
  void refresh_copies();

  void forward(void* x, void* y);
  void backward_weights(void* x, void* dy);
  void backward_data(void* dy, void* dx);

  /// The implementations that oneDNN chose, for the log.
  std::string implementations() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace carnyx::bench
