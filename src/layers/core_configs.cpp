// What each option of the layers of core.h means in a config.
#include <array>

#include "carnyx/layers/core.h"

#include "layers/config_fields.h"
#include "layers/layer_config.h"

namespace carnyx {
namespace {

Activation activation_of(const LayerConfig& config) {
  Activation activation = Activation::Linear;
  if (const Json* name = config.find("activation")) read_config(*name, activation);
  return activation;
}

}  // namespace

AnyLayer input_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 3> kKeys = {"sparse", "ragged", "optional"};
  config.allow(kKeys);
  const SampleShape shape = config.input_shape();
  return Input({.shape = shape.value_or(std::vector<std::int64_t>{}), .name = config.name()});
}

AnyLayer dense_from(const LayerConfig& config) {
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
                       .use_bias = config.boolean("use_bias", true),
                       .input_shape = config.input_shape(),
                       .name = config.name()};
  if (const Json* units = config.find("units")) options.units = units->as_int();
  if (const Json* kernel = config.find("kernel_initializer"))
    read_json(*kernel, options.kernel_initializer);
  if (const Json* bias = config.find("bias_initializer"))
    read_json(*bias, options.bias_initializer);
  options.kernel_regularizer = config.regularizer("kernel_regularizer");
  options.bias_regularizer = config.regularizer("bias_regularizer");
  options.activity_regularizer = config.regularizer("activity_regularizer");
  options.kernel_constraint = config.constraint("kernel_constraint");
  options.bias_constraint = config.constraint("bias_constraint");
  return Dense(std::move(options));
}

AnyLayer activation_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 1> kKeys = {"activation"};
  config.allow(kKeys);
  return ActivationLayer({.activation = activation_of(config),
                          .input_shape = config.input_shape(),
                          .name = config.name()});
}

AnyLayer dropout_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 3> kKeys = {"rate", "seed", "noise_shape"};
  config.allow(kKeys);
  DropoutOptions options{.rate = config.number("rate", 0),
                         .seed = config.seed(),
                         .input_shape = config.input_shape(),
                         .name = config.name()};
  if (const Json* shape = config.find("noise_shape")) read_config(*shape, options.noise_shape);
  return Dropout(std::move(options));
}

AnyLayer flatten_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 1> kKeys = {"data_format"};
  config.allow(kKeys);
  FlattenOptions options{.input_shape = config.input_shape(), .name = config.name()};
  if (const Json* layout = config.find("data_format")) {
    from_name(layout->as_string(), options.data_format);
  }
  return Flatten(std::move(options));
}

AnyLayer reshape_from(const LayerConfig& config) {
  constexpr std::array<std::string_view, 1> kKeys = {"target_shape"};
  config.allow(kKeys);
  ReshapeOptions options{
      .target_shape = {}, .input_shape = config.input_shape(), .name = config.name()};
  if (const Json* shape = config.find("target_shape")) {
    for (const Json& extent : shape->items()) options.target_shape.push_back(extent.as_int());
  }
  return Reshape(std::move(options));
}

}  // namespace carnyx
