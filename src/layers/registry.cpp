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

struct Entry {
  std::string_view class_name;
  AnyLayer (*make)(const LayerConfig& config);
};

constexpr std::array kLayers = {
    Entry{"InputLayer", input_from},
    Entry{"Dense", dense_from},
    Entry{"Activation", activation_from},
    Entry{"Dropout", dropout_from},
    Entry{"Flatten", flatten_from},
    Entry{"Reshape", reshape_from},
    Entry{"GaussianNoise", gaussian_noise_from},
    Entry{"Rescaling", rescaling_from},
    Entry{"Normalization", normalization_from},
    Entry{"ActivityRegularization", activity_regularization_from},
    Entry{"LayerNormalization", layer_normalization_from},
    Entry{"Conv2D", conv2d_from},
    Entry{"DepthwiseConv2D", depthwise_conv2d_from},
    Entry{"SeparableConv2D", separable_conv2d_from},
    Entry{"Conv2DTranspose", conv2d_transpose_from},
    Entry{"MaxPooling2D", max_pooling2d_from},
    Entry{"AveragePooling2D", average_pooling2d_from},
    Entry{"GlobalMaxPooling2D", global_max_pooling2d_from},
    Entry{"GlobalAveragePooling2D", global_average_pooling2d_from},
    Entry{"BatchNormalization", batch_normalization_from},
    Entry{"ZeroPadding2D", zero_padding2d_from},
    Entry{"Cropping2D", cropping2d_from},
    Entry{"UpSampling2D", up_sampling2d_from},
    Entry{"Permute", permute_from},
    Entry{"SpatialDropout2D", spatial_dropout2d_from},
    Entry{"ReLU", relu_from},
    Entry{"LeakyReLU", leaky_relu_from},
    Entry{"ELU", elu_from},
    Entry{"PReLU", prelu_from},
    Entry{"Softmax", softmax_from},
    Entry{"Add", add_from},
    Entry{"Subtract", subtract_from},
    Entry{"Multiply", multiply_from},
    Entry{"Average", average_from},
    Entry{"Maximum", maximum_from},
    Entry{"Minimum", minimum_from},
    Entry{"Concatenate", concatenate_from},
    Entry{"RandomFlip", random_flip_from},
    Entry{"RandomCrop", random_crop_from},
    Entry{"RandomTranslation", random_translation_from},
};

}  // namespace

AnyLayer layer_from_json(const Json& json) {
  const std::string& class_name = json.at("class_name").as_string();
  for (const Entry& entry : kLayers) {
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
  for (const Entry& entry : kLayers) names.push_back(entry.class_name);
  return names;
}

}  // namespace carnyx
