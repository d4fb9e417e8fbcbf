// Layers of a convolutional network that add their tasks to a plan. For oneDNN's API 2.x.
#pragma once

#include <cstdint>

#include "image_plan_v2.h"

namespace carnyx::bench {

struct ConvolutionOptions {
  std::int64_t outputs = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  bool is_same = false;  // padding as Keras's `same`
  bool has_bias = false;
  Activation activation = Activation::Linear;  // fused into the forward primitive
};

class Convolution final {
 public:
  Convolution(Plan& plan, const dnnl::memory& x, const ConvolutionOptions& options);

  const dnnl::memory& y() const { return y_; }

  /// Adds the gradients' tasks. dy: before the activation; the caller frees it.
  void backward_weights(Plan& plan, const dnnl::memory& dy);
  dnnl::memory backward_data(Plan& plan, const dnnl::memory& dy);

 private:
  /// The tasks that refresh and apply `primitive`'s copy of the kernel.
  dnnl::memory kernel_for(Tasks& tasks, const dnnl::memory::desc& layout);

  ConvolutionOptions options_;
  dnnl::memory::dims strides_, before_, after_, kernel_dims_;
  dnnl::convolution_forward::primitive_desc forward_;
  Weights* kernel_ = nullptr;
  Weights* bias_ = nullptr;
  dnnl::memory x_, y_;
};

class Normalization final {
 public:
  /// With is_relu, relu is part of the primitive.
  Normalization(Plan& plan, const dnnl::memory& x, bool is_relu);

  const dnnl::memory& y() const { return y_; }

  /// The gradient of x; frees x, which nothing reads any more. The caller frees dy.
  dnnl::memory backward(Plan& plan, const dnnl::memory& dy);

 private:
  void follow(Plan& plan, MovingStatistics& moving);

  dnnl::normalization_flags flags_;
  dnnl::batch_normalization_forward::primitive_desc forward_;
  Weights* scale_;
  Weights* shift_;
  dnnl::memory x_, y_, mean_, variance_, workspace_;
};

class Pooling final {
 public:
  /// Windows of size x size, side by side.
  Pooling(Plan& plan, const dnnl::memory& x, dnnl::algorithm algorithm, std::int64_t size);

  const dnnl::memory& y() const { return y_; }

  /// The gradient of x. dy: laid out as y.
  dnnl::memory backward(Plan& plan, const dnnl::memory& dy);

 private:
  dnnl::algorithm algorithm_;
  dnnl::memory::dims window_;
  dnnl::pooling_forward::primitive_desc forward_;
  dnnl::memory x_, y_, workspace_;
};

}  // namespace carnyx::bench
