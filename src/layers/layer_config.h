// A layer's config as a file has it, and what is read of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/layers/constraints.h"
#include "carnyx/layers/layer.h"
#include "carnyx/layers/regularizers.h"

namespace carnyx {

/// Errors come in the layer's name, and the words of every generation that mean nothing here are
/// skipped. Borrows the config.
class LayerConfig {
 public:
  LayerConfig(const Json& config, std::string layer) : config_(config), layer_(std::move(layer)) {}

  /// Throws InvalidArgument naming the nearest if the config has a key that is not in `known`.
  void allow(std::span<const std::string_view> known) const;
  /// Throws unless the option is absent or null.
  void require_null(std::string_view key) const;
  /// Null if the option is absent or null.
  [[nodiscard]] const Json* find(std::string_view key) const;
  /// The option, or `otherwise`.
  [[nodiscard]] double number(std::string_view key, double otherwise) const;
  [[nodiscard]] bool boolean(std::string_view key, bool otherwise) const;
  [[nodiscard]] std::optional<AnyRegularizer> regularizer(std::string_view key) const;
  [[nodiscard]] std::optional<AnyConstraint> constraint(std::string_view key) const;
  /// The option "seed"; null also for what is no integer, as the generator of an old Keras.
  [[nodiscard]] std::optional<std::int64_t> seed() const;
  /// A number or a list of them; of null none, of an absent option `otherwise`.
  [[nodiscard]] std::vector<std::int64_t> axes(std::string_view key,
                                               std::vector<std::int64_t> otherwise) const;
  [[nodiscard]] std::string name() const;
  /// The layer's name, or its class, for errors.
  [[nodiscard]] const std::string& layer() const { return layer_; }
  /// Axes without the batch's; a null axis is an error, since plans need sizes.
  [[nodiscard]] SampleShape input_shape() const;

 private:
  [[nodiscard]] SampleShape sample_axes(const Json& shape, std::size_t first) const;

  const Json& config_;
  std::string layer_;
};

/// A layer of one class from its config.
AnyLayer input_from(const LayerConfig& config);
AnyLayer dense_from(const LayerConfig& config);
AnyLayer activation_from(const LayerConfig& config);
AnyLayer dropout_from(const LayerConfig& config);
AnyLayer flatten_from(const LayerConfig& config);
AnyLayer reshape_from(const LayerConfig& config);
AnyLayer gaussian_noise_from(const LayerConfig& config);
AnyLayer rescaling_from(const LayerConfig& config);
AnyLayer normalization_from(const LayerConfig& config);
AnyLayer activity_regularization_from(const LayerConfig& config);
AnyLayer layer_normalization_from(const LayerConfig& config);
AnyLayer conv2d_from(const LayerConfig& config);
AnyLayer depthwise_conv2d_from(const LayerConfig& config);
AnyLayer separable_conv2d_from(const LayerConfig& config);
AnyLayer conv2d_transpose_from(const LayerConfig& config);
AnyLayer max_pooling2d_from(const LayerConfig& config);
AnyLayer average_pooling2d_from(const LayerConfig& config);
AnyLayer global_max_pooling2d_from(const LayerConfig& config);
AnyLayer global_average_pooling2d_from(const LayerConfig& config);
AnyLayer batch_normalization_from(const LayerConfig& config);
AnyLayer zero_padding2d_from(const LayerConfig& config);
AnyLayer cropping2d_from(const LayerConfig& config);
AnyLayer up_sampling2d_from(const LayerConfig& config);
AnyLayer permute_from(const LayerConfig& config);
AnyLayer spatial_dropout2d_from(const LayerConfig& config);
AnyLayer relu_from(const LayerConfig& config);
AnyLayer leaky_relu_from(const LayerConfig& config);
AnyLayer elu_from(const LayerConfig& config);
AnyLayer prelu_from(const LayerConfig& config);
AnyLayer softmax_from(const LayerConfig& config);
AnyLayer add_from(const LayerConfig& config);
AnyLayer subtract_from(const LayerConfig& config);
AnyLayer multiply_from(const LayerConfig& config);
AnyLayer average_from(const LayerConfig& config);
AnyLayer maximum_from(const LayerConfig& config);
AnyLayer minimum_from(const LayerConfig& config);
AnyLayer concatenate_from(const LayerConfig& config);
AnyLayer random_flip_from(const LayerConfig& config);
AnyLayer random_crop_from(const LayerConfig& config);
AnyLayer random_translation_from(const LayerConfig& config);

}  // namespace carnyx
