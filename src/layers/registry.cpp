// The one list of layers that files may name.
#include "carnyx/layers/registry.h"

#include <array>
#include <string>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

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
    return entry.make(LayerConfig(json.at("config"), named ? name->as_string() : class_name));
  }
  const std::vector<std::string_view> known = known_layers();
  throw InvalidArgument("model config: " + unknown_name("layer class", class_name, known) +
                        "; layers that carry code are never loaded");
}

Json layer_to_json(const Layer& layer, std::string_view name) {
  Json config = Json::object({{"name", name}});
  if (layer.class_name() != "InputLayer") config.set("trainable", true).set("dtype", "float32");
  const Json own = layer.config();
  for (const auto& [key, value] : own.members()) config.set(key, value);
  return Json::object({{"module", "keras.layers"},
                       {"class_name", layer.class_name()},
                       {"config", std::move(config)},
                       {"registered_name", Json()}});
}

std::vector<std::string_view> known_layers() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kLayers) names.push_back(entry.class_name);
  return names;
}

}  // namespace carnyx
