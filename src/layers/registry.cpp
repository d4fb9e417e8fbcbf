// The one list of layers that files may name.
#include "carnyx/layers/registry.h"

#include <algorithm>
#include <array>
#include <string>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"
#include "carnyx/layers/core.h"

namespace carnyx {
namespace {

/// A layer's config with errors in the layer's name, and the words of every generation that mean
/// nothing here skipped.
class Config {
 public:
  Config(const Json& config, std::string layer) : config_(config), layer_(std::move(layer)) {}

  /// Throws InvalidArgument naming the nearest if the config has a key that is not in `known`.
  void allow(std::span<const std::string_view> known) const {
    constexpr std::array kEverywhere = {std::string_view("name"),
                                        std::string_view("trainable"),
                                        std::string_view("dtype"),
                                        std::string_view("batch_input_shape"),
                                        std::string_view("input_shape"),
                                        std::string_view("batch_shape"),
                                        std::string_view("input_dtype"),
                                        std::string_view("input_dim")};
    for (const auto& [key, value] : config_.members()) {
      const auto is_key = [&k = key](std::string_view name) { return name == k; };
      if (std::ranges::any_of(kEverywhere, is_key) || std::ranges::any_of(known, is_key)) continue;
      throw InvalidArgument("layer '" + layer_ + "': " + unknown_name("option", key, known));
    }
  }
  /// Throws unless the option is absent or null.
  void require_null(std::string_view key) const {
    const Json* found = config_.find(key);
    if (found == nullptr || found->is_null()) return;
    throw InvalidArgument("layer '" + layer_ + "': option '" + std::string(key) +
                          "' is not supported yet, got " + found->describe() +
                          "; leave it out of the model");
  }
  [[nodiscard]] const Json* find(std::string_view key) const {
    const Json* found = config_.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  [[nodiscard]] std::string name() const {
    const Json* found = find("name");
    return found == nullptr ? std::string() : found->as_string();
  }
  /// Axes without the batch's; a null axis is an error, since plans need sizes.
  [[nodiscard]] SampleShape input_shape() const {
    for (const std::string_view key : {"batch_shape", "batch_input_shape"}) {
      if (const Json* shape = find(key)) return sample_axes(*shape, 1);
    }
    if (const Json* shape = find("input_shape")) return sample_axes(*shape, 0);
    if (const Json* dim = find("input_dim")) return std::vector<std::int64_t>{dim->as_int()};
    return std::nullopt;
  }

 private:
  [[nodiscard]] SampleShape sample_axes(const Json& shape, std::size_t first) const {
    std::vector<std::int64_t> axes;
    for (std::size_t i = first; i < shape.size(); ++i) {
      if (shape.at(i).is_null()) {
        throw InvalidArgument("layer '" + layer_ + "': every axis of the input but the batch's " +
                              "needs a size, got null; save the model with a fixed input shape");
      }
      axes.push_back(shape.at(i).as_int());
    }
    return axes;
  }

  const Json& config_;
  std::string layer_;
};

Activation activation_of(const Config& config) {
  Activation activation = Activation::Linear;
  if (const Json* name = config.find("activation")) {
    from_name(name->is_string() ? name->as_string() : name->at("class_name").as_string(),
              activation);
  }
  return activation;
}

std::optional<AnyRegularizer> regularizer_of(const Config& config, std::string_view key) {
  const Json* found = config.find(key);
  return found == nullptr ? std::nullopt : std::optional(regularizer_from_json(*found));
}

std::optional<AnyConstraint> constraint_of(const Config& config, std::string_view key) {
  const Json* found = config.find(key);
  return found == nullptr ? std::nullopt : std::optional(constraint_from_json(*found));
}

AnyLayer make_input(const Config& config) {
  constexpr std::array<std::string_view, 3> kKeys = {"sparse", "ragged", "optional"};
  config.allow(kKeys);
  const SampleShape shape = config.input_shape();
  return Input({.shape = shape.value_or(std::vector<std::int64_t>{}), .name = config.name()});
}

AnyLayer make_dense(const Config& config) {
  constexpr std::array<std::string_view, 12> kKeys = {"units",
                                                      "activation",
                                                      "use_bias",
                                                      "kernel_initializer",
                                                      "bias_initializer",
                                                      "kernel_regularizer",
                                                      "bias_regularizer",
                                                      "activity_regularizer",
                                                      "kernel_constraint",
                                                      "bias_constraint",
                                                      "lora_rank",
                                                      "quantization_config"};
  config.allow(kKeys);
  for (const std::string_view key : std::span(kKeys).subspan(10)) config.require_null(key);
  DenseOptions options{.activation = activation_of(config),
                       .input_shape = config.input_shape(),
                       .name = config.name()};
  if (const Json* units = config.find("units")) options.units = units->as_int();
  if (const Json* use_bias = config.find("use_bias")) options.use_bias = use_bias->as_bool();
  if (const Json* kernel = config.find("kernel_initializer"))
    read_json(*kernel, options.kernel_initializer);
  if (const Json* bias = config.find("bias_initializer"))
    read_json(*bias, options.bias_initializer);
  options.kernel_regularizer = regularizer_of(config, "kernel_regularizer");
  options.bias_regularizer = regularizer_of(config, "bias_regularizer");
  options.activity_regularizer = regularizer_of(config, "activity_regularizer");
  options.kernel_constraint = constraint_of(config, "kernel_constraint");
  options.bias_constraint = constraint_of(config, "bias_constraint");
  return Dense(std::move(options));
}

AnyLayer make_activation(const Config& config) {
  constexpr std::array<std::string_view, 1> kKeys = {"activation"};
  config.allow(kKeys);
  return ActivationLayer({.activation = activation_of(config),
                          .input_shape = config.input_shape(),
                          .name = config.name()});
}

AnyLayer make_dropout(const Config& config) {
  constexpr std::array<std::string_view, 3> kKeys = {"rate", "seed", "noise_shape"};
  config.allow(kKeys);
  config.require_null("noise_shape");
  DropoutOptions options{.input_shape = config.input_shape(), .name = config.name()};
  if (const Json* rate = config.find("rate")) options.rate = rate->as_number();
  if (const Json* seed = config.find("seed"); seed != nullptr && seed->is_integer()) {
    options.seed = seed->as_int();
  }
  return Dropout(std::move(options));
}

AnyLayer make_flatten(const Config& config) {
  constexpr std::array<std::string_view, 1> kKeys = {"data_format"};
  config.allow(kKeys);
  return Flatten({.input_shape = config.input_shape(), .name = config.name()});
}

AnyLayer make_reshape(const Config& config) {
  constexpr std::array<std::string_view, 1> kKeys = {"target_shape"};
  config.allow(kKeys);
  ReshapeOptions options{
      .target_shape = {}, .input_shape = config.input_shape(), .name = config.name()};
  if (const Json* shape = config.find("target_shape")) {
    for (const Json& extent : shape->items()) options.target_shape.push_back(extent.as_int());
  }
  return Reshape(std::move(options));
}

struct Entry {
  std::string_view class_name;
  AnyLayer (*make)(const Config& config);
};

constexpr std::array kLayers = {
    Entry{"InputLayer", make_input},
    Entry{"Dense", make_dense},
    Entry{"Activation", make_activation},
    Entry{"Dropout", make_dropout},
    Entry{"Flatten", make_flatten},
    Entry{"Reshape", make_reshape},
};

}  // namespace

AnyLayer layer_from_json(const Json& json) {
  const std::string& class_name = json.at("class_name").as_string();
  for (const Entry& entry : kLayers) {
    if (entry.class_name != class_name) continue;
    const Json* name = json.at("config").find("name");
    const bool named = name != nullptr && name->is_string();
    return entry.make(Config(json.at("config"), named ? name->as_string() : class_name));
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
