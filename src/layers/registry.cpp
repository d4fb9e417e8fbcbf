// The one list of layers that files may name.
#include "carnyx/layers/registry.h"

#include <array>
#include <string>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"
#include "carnyx/layers/frozen.h"

#include "layers/layer_config.h"

namespace carnyx {
namespace {

struct LayerEntry {
  std::string_view class_name;
  AnyLayer (*make)(const LayerConfig& config);
};

constexpr std::array kLayers = {
    LayerEntry{"InputLayer", input_from},
    LayerEntry{"Dense", dense_from},
    LayerEntry{"Activation", activation_from},
    LayerEntry{"Dropout", dropout_from},
    LayerEntry{"Flatten", flatten_from},
    LayerEntry{"Reshape", reshape_from},
    LayerEntry{"GaussianNoise", gaussian_noise_from},
    LayerEntry{"Rescaling", rescaling_from},
    LayerEntry{"Normalization", normalization_from},
    LayerEntry{"ActivityRegularization", activity_regularization_from},
    LayerEntry{"LayerNormalization", layer_normalization_from},
    LayerEntry{"Conv2D", conv2d_from},
    LayerEntry{"DepthwiseConv2D", depthwise_conv2d_from},
    LayerEntry{"SeparableConv2D", separable_conv2d_from},
    LayerEntry{"Conv2DTranspose", conv2d_transpose_from},
    LayerEntry{"MaxPooling2D", max_pooling2d_from},
    LayerEntry{"AveragePooling2D", average_pooling2d_from},
    LayerEntry{"GlobalMaxPooling2D", global_max_pooling2d_from},
    LayerEntry{"GlobalAveragePooling2D", global_average_pooling2d_from},
    LayerEntry{"BatchNormalization", batch_normalization_from},
    LayerEntry{"ZeroPadding2D", zero_padding2d_from},
    LayerEntry{"Cropping2D", cropping2d_from},
    LayerEntry{"UpSampling2D", up_sampling2d_from},
    LayerEntry{"Permute", permute_from},
    LayerEntry{"SpatialDropout2D", spatial_dropout2d_from},
    LayerEntry{"ReLU", relu_from},
    LayerEntry{"LeakyReLU", leaky_relu_from},
    LayerEntry{"ELU", elu_from},
    LayerEntry{"PReLU", prelu_from},
    LayerEntry{"Softmax", softmax_from},
    LayerEntry{"Add", add_from},
    LayerEntry{"Subtract", subtract_from},
    LayerEntry{"Multiply", multiply_from},
    LayerEntry{"Average", average_from},
    LayerEntry{"Maximum", maximum_from},
    LayerEntry{"Minimum", minimum_from},
    LayerEntry{"Concatenate", concatenate_from},
    LayerEntry{"RandomFlip", random_flip_from},
    LayerEntry{"RandomCrop", random_crop_from},
    LayerEntry{"RandomTranslation", random_translation_from},
};

}  // namespace

AnyLayer layer_from_json(const Json& json) {
  const std::string& class_name = json.at("class_name").as_string();
  for (const LayerEntry& entry : kLayers) {
    if (entry.class_name != class_name) continue;
    const Json* name = json.at("config").find("name");
    const bool named = name != nullptr && name->is_string();
    const LayerConfig config(json.at("config"), named ? name->as_string() : class_name);
    const AnyLayer layer = entry.make(config);
    return config.boolean("trainable", true) ? layer : frozen(layer);
  }
  if (class_name == "Lambda") {
    throw InvalidArgument(
        "model config: a Lambda layer carries Python code, which is never loaded; make the model "
        "without it, of Keras's own layers, as Rescaling or Activation");
  }
  const std::vector<std::string_view> known = known_layers();
  throw InvalidArgument("model config: " + unknown_name("layer class", class_name, known) +
                        "; layers that carry code are never loaded");
}

Json layer_to_json(const Layer& layer, std::string_view name) {
  Json config = Json::object({{"name", name}});
  const std::string class_name = layer.class_name();
  // Keras 3's SpatialDropout2D takes no such word.
  const bool takes_trainable = class_name != "InputLayer" && class_name != "SpatialDropout2D";
  if (takes_trainable) config.set("trainable", layer.trainable());
  if (class_name != "InputLayer") config.set("dtype", "float32");
  const Json own = layer.config();
  for (const auto& [key, value] : own.members()) config.set(key, value);
  return Json::object({{"module", "keras.layers"},
                       {"class_name", class_name},
                       {"config", std::move(config)},
                       {"registered_name", Json()}});
}

std::vector<std::string_view> known_layers() {
  std::vector<std::string_view> names;
  for (const LayerEntry& entry : kLayers) names.push_back(entry.class_name);
  return names;
}

}  // namespace carnyx
