// A whole training step of a network: oneDNN's primitives and the loops, in a row, nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dense_primitives.h"
#include "workload.h"

namespace carnyx::bench {

/// Trains `network` on `examples`, which it borrows and which must outlive it.
/// T (float or BFloat16) is the type of the activations and of the weights' working copies.
template <typename T>
class TrainingStep final {
 public:
  TrainingStep(const Network& network, const Examples& examples, std::uint32_t seed);

  /// One update from the examples at these indices; returns the mean loss before it.
  /// picked: batch_size indices, or exactly the rows that an epoch leaves over.
  float operator()(std::span<const std::int32_t> picked);

  /// Share of the examples whose largest logit is the label's.
  double accuracy(const Examples& examples);

  std::string implementations() const;

 private:
  std::vector<DensePrimitives>& layers_for(std::size_t rows);
  float* forward(std::vector<DensePrimitives>& layers,
                 std::span<const std::uint8_t> images,
                 std::span<const std::int32_t> picked,
                 bool is_training);
  void backward(std::vector<DensePrimitives>& layers, std::int64_t rows);
  void update();

  Network network_;
  const Examples& examples_;
  std::vector<DensePrimitives> whole_;    // for batch_size rows
  std::vector<DensePrimitives> partial_;  // for an epoch's last batch; empty if it is a whole one
  std::size_t partial_rows_;
  std::vector<float> weights_, gradients_, first_, second_;  // flat; `first_` for Adam only
  std::vector<std::vector<T>> activations_;                  // the input of every layer
  std::vector<std::vector<T>> deltas_;                       // the gradient of every layer's output
  std::vector<float> logits_;
  std::vector<std::int32_t> labels_;
  std::uint32_t seed_;
  std::int64_t step_ = 0;
};

}  // namespace carnyx::bench
