// A whole training step of a convolutional network: oneDNN's primitives and the loops in a row.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "dense_primitives.h"
#include "image_part.h"
#include "workload.h"

namespace carnyx::bench {

struct ImageStepOptions {
  ImageNetwork network;
  Layout layout = Layout::Any;
  bool crops = false;  // crop_flip in training, standardised images everywhere
};

/// As TrainingStep, with the same meaning of T, `examples` and `seed`.
template <typename T>
class ImageStep final {
 public:
  ImageStep(const ImageStepOptions& options, const Examples& examples, std::uint32_t seed);

  /// One update from the examples at these indices; returns the mean loss before it. Fewer than
  /// batch_size of them are filled up with rows that count for nothing.
  float operator()(std::span<const std::int32_t> picked);

  double accuracy(const Examples& examples);
  std::string implementations() const;

 private:
  float* forward(std::span<const std::uint8_t> images,
                 std::span<const std::int32_t> picked,
                 bool is_training);
  void load(std::span<const std::uint8_t> images,
            std::span<const std::int32_t> picked,
            bool is_training);
  void backward();
  void bind_weights(std::mt19937& bits);
  void update();
  std::uint32_t seed_of(std::uint32_t purpose) const {
    return seed_ + static_cast<std::uint32_t>(step_) * 2654435761U + purpose * 40503U;
  }

  ImageStepOptions options_;
  const Examples& examples_;
  ImagePart part_;
  std::vector<DensePrimitives> dense_;
  std::vector<std::int64_t> widths_;  // of the dense layers' inputs, then the classes
  std::size_t kernel_floats_ = 0;     // at the front of the flat buffers: penalised
  std::vector<float> weights_, gradients_, first_, second_;
  std::vector<T> hidden_, hidden_gradient_;  // between two dense layers; empty if there is one
  std::vector<T> delta_;
  std::vector<float> logits_;
  void* features_ = nullptr;  // of the last forward
  std::vector<std::int32_t> picked_, labels_;
  std::uint32_t seed_;
  std::int64_t step_ = 0;
};

}  // namespace carnyx::bench
