#include "training_step.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <type_traits>

#include "loops.h"

namespace carnyx::bench {
namespace {

template <typename T>
DenseOptions options_of(const Network& network, std::size_t layer, std::int64_t batch) {
  const bool is_last = layer + 2 == network.widths.size();
  return {.batch = batch,
          .inputs = network.widths[layer],
          .outputs = network.widths[layer + 1],
          .activation = is_last ? Activation::Linear : network.activation,
          .dtype = std::is_same_v<T, float> ? Dtype::Float32 : Dtype::BFloat16,
          .is_first = layer == 0,
          .is_last = is_last};
}

std::vector<float> glorot_uniform(std::int64_t inputs, std::int64_t outputs, std::mt19937& bits) {
  const double limit = std::sqrt(6.0 / static_cast<double>(inputs + outputs));
  std::vector<float> kernel(inputs * outputs);
  for (float& w : kernel) {
    w = static_cast<float>((static_cast<double>(bits()) / 2147483648.0 - 1.0) * limit);
  }
  return kernel;
}

}  // namespace

template <typename T>
TrainingStep<T>::TrainingStep(const Network& network, const Examples& examples, std::uint32_t seed)
    : network_(network),
      examples_(examples),
      partial_rows_(examples.labels.size() % network.batch_size),
      seed_(seed) {
  const std::size_t layers = network.widths.size() - 1;
  for (std::size_t i = 0; i < layers; ++i) {
    whole_.emplace_back(options_of<T>(network, i, network.batch_size));
    if (partial_rows_ > 0) {
      partial_.emplace_back(options_of<T>(network, i, partial_rows_), whole_.back());
    }
    activations_.emplace_back(network.batch_size * network.widths[i]);
    deltas_.emplace_back(network.batch_size * network.widths[i + 1]);
  }
  std::size_t size = 0;
  for (std::size_t i = 0; i < layers; ++i) {
    size += aligned(whole_[i].kernel_size()) + aligned(network.widths[i + 1]);
  }
  weights_.resize(size);
  gradients_.resize(size);
  second_.resize(size);
  if (network.optimizer == Optimizer::Adam) first_.resize(size);
  logits_.resize(network.batch_size * network.widths.back());
  labels_.resize(network.batch_size);

  std::mt19937 bits(seed);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < layers; ++i) {
    const std::size_t bias = offset + aligned(whole_[i].kernel_size());
    for (auto* plan : {&whole_, &partial_}) {
      if (plan->empty()) continue;
      (*plan)[i].bind(&weights_[offset], &weights_[bias], &gradients_[offset], &gradients_[bias]);
    }
    whole_[i].set_kernel(glorot_uniform(network.widths[i], network.widths[i + 1], bits));
    offset = bias + aligned(network.widths[i + 1]);
  }
}

template <typename T>
std::vector<DensePrimitives>& TrainingStep<T>::layers_for(std::size_t rows) {
  return rows == static_cast<std::size_t>(network_.batch_size) ? whole_ : partial_;
}

template <typename T>
float* TrainingStep<T>::forward(std::vector<DensePrimitives>& layers,
                                std::span<const std::uint8_t> images,
                                std::span<const std::int32_t> picked,
                                bool is_training) {
  const auto rows = static_cast<std::int64_t>(picked.size());
  gather(images, picked, network_.widths.front(), activations_.front().data());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].refresh_copies();
    if (i + 1 == layers.size()) {
      layers[i].forward(activations_[i].data(), logits_.data());
      break;
    }
    T* y = activations_[i + 1].data();
    layers[i].forward(activations_[i].data(), y);
    if (is_training && network_.dropout > 0) {
      const auto seed = seed_ + static_cast<std::uint32_t>(step_) * 2654435761U +
                        static_cast<std::uint32_t>(i) * 40503U;
      dropout(y, rows * network_.widths[i + 1], network_.dropout, seed);
    }
  }
  return logits_.data();
}

template <typename T>
void TrainingStep<T>::backward(std::vector<DensePrimitives>& layers, std::int64_t rows) {
  for (std::size_t i = layers.size(); i-- > 0;) {
    T* dy = deltas_[i].data();
    layers[i].backward_weights(activations_[i].data(), dy);
    if (i == 0) break;
    T* dx = deltas_[i - 1].data();
    layers[i].backward_data(dy, dx);
    const std::int64_t size = rows * network_.widths[i];
    if (network_.activation == Activation::Relu) {
      relu_dropout_backward(dx, activations_[i].data(), size, network_.dropout);
    } else {
      tanh_backward(dx, activations_[i].data(), size);
    }
  }
}

template <typename T>
void TrainingStep<T>::update() {
  float scale = 1;
  if (network_.global_clipnorm) {
    const auto norm = static_cast<float>(std::sqrt(sum_of_squares(gradients_)));
    scale = *network_.global_clipnorm / std::max(norm, *network_.global_clipnorm);
  }
  if (network_.optimizer == Optimizer::RMSprop) {
    rmsprop(weights_, second_, gradients_);
  } else {
    adam(weights_, first_, second_, gradients_, scale, step_ + 1);
  }
}

template <typename T>
float TrainingStep<T>::operator()(std::span<const std::int32_t> picked) {
  const auto rows = static_cast<std::int64_t>(picked.size());
  std::vector<DensePrimitives>& layers = layers_for(picked.size());
  const float* logits = forward(layers, examples_.images, picked, true);
  for (std::int64_t row = 0; row < rows; ++row) labels_[row] = examples_.labels[picked[row]];
  const float loss = softmax_crossentropy(
      logits, labels_.data(), rows, network_.widths.back(), deltas_.back().data());
  backward(layers, rows);
  update();
  ++step_;
  return loss;
}

template <typename T>
double TrainingStep<T>::accuracy(const Examples& examples) {
  const auto rows = static_cast<std::int32_t>(examples.labels.size());
  const auto batch = static_cast<std::int32_t>(network_.batch_size);
  const std::int64_t classes = network_.widths.back();
  std::vector<std::int32_t> picked(batch);
  std::int64_t right = 0;
  for (std::int32_t start = 0; start < rows; start += batch) {
    // The last batch is filled up with its last row, so that it is a whole one.
    for (std::int32_t i = 0; i < batch; ++i) picked[i] = std::min(start + i, rows - 1);
    const float* logits = forward(whole_, examples.images, picked, false);
    right += count_right(logits, &examples.labels[start], std::min(batch, rows - start), classes);
  }
  return static_cast<double>(right) / rows;
}

template <typename T>
std::string TrainingStep<T>::implementations() const {
  std::string text;
  for (const DensePrimitives& layer : whole_) text += layer.implementations() + "\n";
  return text;
}

template class TrainingStep<float>;
template class TrainingStep<BFloat16>;

}  // namespace carnyx::bench
