// The convolutional part of a network, up to its first dense layer, as bare oneDNN primitives.
// Everything that names oneDNN is in the files *_v2.*, written for its API 2.x.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "dense_primitives.h"
#include "workload.h"

namespace carnyx::bench {

/// Of the activations: as every primitive likes best, with reorders where two disagree; channels
/// last; or in blocks of 16 channels.
enum class Layout { Any, Nhwc, Blocked };

/// Flat buffers; `kernels` and `others` (biases, or batch normalization's weights) apart because
/// only kernels are penalised.
struct ImageWeights {
  float* kernels;
  float* kernel_gradients;
  float* others;
  float* other_gradients;
};

class ImagePart final {
 public:
  ImagePart(const ImageNetwork& network, Dtype dtype, Layout layout);
  ~ImagePart();

  std::size_t kernel_floats() const;
  std::size_t other_floats() const;

  /// Uses these buffers from now on.
  void bind(const ImageWeights& weights);

  /// Fills the bound weights: Glorot's normal for mnist_cnn, He's for the residual networks.
  void initialize(std::mt19937& bits);

  /// Where a batch goes: [batch, height, width, channels] of the dtype.
  void* input();

  /// Width of the result for one image.
  std::int64_t features() const;

  /// Returns [batch, features], each image's features in the order of the layout.
  void* forward(bool is_training);

  /// Where the gradient of a training forward's result goes, laid out like it.
  void* output_gradient();
  void backward();

  /// The implementations that oneDNN chose, for the log.
  std::string implementations() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace carnyx::bench
