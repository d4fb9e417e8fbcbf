#pragma once

#include <cstdint>

namespace carnyx::kernels {

/// One row of logits and all that is made of it, 64-byte aligned, `padded` elements each: a
/// multiple of kPanel. Past the last class logits are -infinity and targets zero.
struct SoftmaxRow {
  std::int64_t padded = 0;
  const float* logits = nullptr;
  const float* target = nullptr;
  float* probabilities = nullptr;
  float* gradient = nullptr;
  float largest = 0;  ///< of the logits
  float sum = 0;      ///< of exp(logit - largest)
};

/// Writes the probabilities, `largest` and `sum`. A NaN among the logits makes them all NaN.
void softmax(SoftmaxRow& row);
/// Writes the gradient by the logits, after softmax(), and returns the loss: -sum target log p.
double cross_entropy(const SoftmaxRow& row);
/// Whether the first largest logit is the target's.
bool is_correct(const SoftmaxRow& row);

}  // namespace carnyx::kernels
