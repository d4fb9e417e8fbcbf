#include "image_step.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "image_loops.h"

namespace carnyx::bench {
namespace {

constexpr float kFeatureDropout = 0.25F;  // mnist_cnn's
constexpr float kHiddenDropout = 0.5F;
constexpr float kDecay = 2 * 2e-4F;  // the gradient of the residual networks' penalty

template <typename T>
constexpr Dtype kDtype = std::is_same_v<T, float> ? Dtype::Float32 : Dtype::BFloat16;

}  // namespace

template <typename T>
ImageStep<T>::ImageStep(const ImageStepOptions& options,
                        const Examples& examples,
                        std::uint32_t seed)
    : options_(options),
      examples_(examples),
      part_(options.network, kDtype<T>, options.layout),
      seed_(seed) {
  const std::int64_t batch = options.network.batch_size;
  widths_ = {part_.features()};
  if (options.network.blocks == 0) widths_.push_back(128);
  widths_.push_back(options.network.classes);
  const std::size_t layers = widths_.size() - 1;
  for (std::size_t i = 0; i < layers; ++i) {
    const bool is_last = i + 1 == layers;
    dense_.emplace_back(DenseOptions{.batch = batch,
                                     .inputs = widths_[i],
                                     .outputs = widths_[i + 1],
                                     .activation = is_last ? Activation::Linear : Activation::Relu,
                                     .dtype = kDtype<T>,
                                     .is_first = false,
                                     .is_last = is_last});
  }
  if (layers == 2) {
    hidden_.resize(batch * widths_[1]);
    hidden_gradient_.resize(hidden_.size());
  }
  delta_.resize(batch * options.network.classes);
  logits_.resize(delta_.size());
  labels_.resize(batch);
  std::mt19937 bits(seed);
  bind_weights(bits);
}

/// Flat: the part's kernels, the dense layers' kernels and biases, then the part's other weights.
template <typename T>
void ImageStep<T>::bind_weights(std::mt19937& bits) {
  kernel_floats_ = part_.kernel_floats();
  for (std::size_t i = 0; i < dense_.size(); ++i) {
    kernel_floats_ += aligned(dense_[i].kernel_size()) + aligned(widths_[i + 1]);
  }
  const std::size_t size = kernel_floats_ + part_.other_floats();
  weights_.resize(size);
  gradients_.resize(size);
  first_.resize(size);
  if (options_.network.blocks == 0) second_.resize(size);
  part_.bind({weights_.data(),
              gradients_.data(),
              weights_.data() + kernel_floats_,
              gradients_.data() + kernel_floats_});
  part_.initialize(bits);
  std::size_t offset = part_.kernel_floats();
  for (std::size_t i = 0; i < dense_.size(); ++i) {
    const std::size_t bias = offset + aligned(dense_[i].kernel_size());
    dense_[i].bind(&weights_[offset], &weights_[bias], &gradients_[offset], &gradients_[bias]);
    const double glorot = std::sqrt(2.0 / static_cast<double>(widths_[i] + widths_[i + 1]));
    std::normal_distribution<float> normal(
        0, options_.network.blocks == 0 ? static_cast<float>(glorot) : 0.01F);
    std::vector<float> plain(widths_[i] * widths_[i + 1]);
    std::generate(plain.begin(), plain.end(), [&] { return normal(bits); });
    dense_[i].set_kernel(plain);
    offset = bias + aligned(widths_[i + 1]);
  }
}

template <typename T>
void ImageStep<T>::load(std::span<const std::uint8_t> images,
                        std::span<const std::int32_t> picked,
                        bool is_training) {
  T* x = static_cast<T*>(part_.input());
  const ImageNetwork& network = options_.network;
  if (!options_.crops) {
    gather(images, picked, network.pixels(), x);
  } else if (is_training) {
    crop_flip(images, picked, network.image[0], network.image[2], seed_of(2), x);
  } else {
    standardise(images, picked, network.pixels(), x);
  }
}

template <typename T>
float* ImageStep<T>::forward(std::span<const std::uint8_t> images,
                             std::span<const std::int32_t> picked,
                             bool is_training) {
  load(images, picked, is_training);
  features_ = part_.forward(is_training);
  for (DensePrimitives& layer : dense_) layer.refresh_copies();
  if (dense_.size() == 1) {
    dense_[0].forward(features_, logits_.data());
    return logits_.data();
  }
  const std::int64_t batch = options_.network.batch_size;
  if (is_training) {
    dropout(static_cast<T*>(features_), batch * widths_[0], kFeatureDropout, seed_of(0));
  }
  dense_[0].forward(features_, hidden_.data());
  if (is_training) dropout(hidden_.data(), batch * widths_[1], kHiddenDropout, seed_of(1));
  dense_[1].forward(hidden_.data(), logits_.data());
  return logits_.data();
}

template <typename T>
void ImageStep<T>::backward() {
  const std::int64_t batch = options_.network.batch_size;
  T* dx = static_cast<T*>(part_.output_gradient());
  if (dense_.size() == 1) {
    dense_[0].backward_weights(features_, delta_.data());
    dense_[0].backward_data(delta_.data(), dx);
  } else {
    dense_[1].backward_weights(hidden_.data(), delta_.data());
    dense_[1].backward_data(delta_.data(), hidden_gradient_.data());
    relu_dropout_backward(
        hidden_gradient_.data(), hidden_.data(), batch * widths_[1], kHiddenDropout);
    dense_[0].backward_weights(features_, hidden_gradient_.data());
    dense_[0].backward_data(hidden_gradient_.data(), dx);
    // With the slope of the relu before the pooling, which build_mnist_cnn leaves out.
    relu_dropout_backward(
        dx, static_cast<const T*>(features_), batch * widths_[0], kFeatureDropout);
  }
  part_.backward();
}

template <typename T>
void ImageStep<T>::update() {
  if (options_.network.blocks == 0) {
    adadelta(weights_, first_, second_, gradients_);
    return;
  }
  const auto update_range = [&](std::size_t begin, std::size_t count, float decay) {
    sgd_momentum(std::span(weights_).subspan(begin, count),
                 std::span(first_).subspan(begin, count),
                 std::span<const float>(gradients_).subspan(begin, count),
                 decay);
  };
  update_range(0, kernel_floats_, kDecay);
  update_range(kernel_floats_, weights_.size() - kernel_floats_, 0);
}

template <typename T>
float ImageStep<T>::operator()(std::span<const std::int32_t> picked) {
  const auto rows = static_cast<std::int64_t>(picked.size());
  picked_.assign(picked.begin(), picked.end());
  picked_.resize(options_.network.batch_size, picked.back());
  const float* logits = forward(examples_.images, picked_, true);
  for (std::int64_t row = 0; row < rows; ++row) labels_[row] = examples_.labels[picked[row]];
  std::fill(delta_.begin(), delta_.end(), T{});  // of rows that only fill the batch up
  const float loss =
      softmax_crossentropy(logits, labels_.data(), rows, options_.network.classes, delta_.data());
  backward();
  update();
  ++step_;
  return loss;
}

template <typename T>
double ImageStep<T>::accuracy(const Examples& examples) {
  const auto rows = static_cast<std::int32_t>(examples.labels.size());
  const auto batch = static_cast<std::int32_t>(options_.network.batch_size);
  const std::int64_t classes = options_.network.classes;
  std::int64_t right = 0;
  picked_.resize(batch);
  for (std::int32_t start = 0; start < rows; start += batch) {
    for (std::int32_t i = 0; i < batch; ++i) picked_[i] = std::min(start + i, rows - 1);
    const float* logits = forward(examples.images, picked_, false);
    right += count_right(logits, &examples.labels[start], std::min(batch, rows - start), classes);
  }
  return static_cast<double>(right) / rows;
}

template <typename T>
std::string ImageStep<T>::implementations() const {
  std::string text = part_.implementations();
  for (const DensePrimitives& layer : dense_) text += layer.implementations() + "\n";
  return text;
}

template class ImageStep<float>;
template class ImageStep<BFloat16>;

}  // namespace carnyx::bench
