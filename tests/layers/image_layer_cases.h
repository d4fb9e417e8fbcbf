// The layers of convolutional networks with their options, for the contract.
#pragma once

#include <vector>

#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/batch_normalization.h"
#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/frozen.h"
#include "carnyx/layers/image_shapes.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/layers/spatial_dropout.h"

#include "tests/contracts/layer_contract.h"

namespace carnyx {

using contracts::LayerCase;

inline constexpr auto kChannelsFirst = ImageLayout::ChannelsFirst;

inline std::vector<LayerCase> convolution_cases() {
  const Shape image = {4, 5, 2};
  const Shape turned = {2, 4, 5};
  return {
      {"conv2d", Conv2D({.filters = 3, .kernel_size = {3, 3}}), image},
      {"conv2d_same",
       Conv2D({.filters = 2,
               .kernel_size = {2, 3},
               .strides = {2, 1},
               .padding = Padding::Same,
               .activation = Activation::Tanh}),
       image},
      {"conv2d_dilated",
       Conv2D({.filters = 2,
               .kernel_size = {2, 2},
               .padding = Padding::Same,
               .dilation_rate = {2, 3},
               .use_bias = false}),
       image},
      {"conv2d_groups", Conv2D({.filters = 4, .kernel_size = {2, 2}, .groups = 2}), image},
      {"conv2d_first",
       Conv2D({.filters = 3,
               .kernel_size = {2, 2},
               .data_format = kChannelsFirst,
               .activation = Activation::Softmax,
               .use_bias = false}),  // equal along a softmax's axis, it would change nothing
       turned},
      {"conv2d_regularized",
       Conv2D({.filters = 2,
               .kernel_size = {1, 2},
               .kernel_regularizer = L2({0.1}),
               .bias_regularizer = L1({0.2}),
               .activity_regularizer = L1L2({.l1 = 0.2, .l2 = 0.1}),
               .kernel_constraint = MaxNorm({.axis = {{0, 1, 2}}}),
               .bias_constraint = NonNeg()}),
       image},
      {"conv2d_frozen", frozen(Conv2D({.filters = 2, .kernel_size = {2, 2}})), image},
      {"depthwise_conv2d", DepthwiseConv2D({.kernel_size = {3, 2}}), image},
      {"depthwise_conv2d_options",
       DepthwiseConv2D({.kernel_size = {2, 2},
                        .strides = {2, 2},
                        .padding = Padding::Same,
                        .depth_multiplier = 3,
                        .data_format = kChannelsFirst,
                        .activation = Activation::Sigmoid,
                        .depthwise_regularizer = L2({0.1})}),
       turned},
      {"separable_conv2d",
       SeparableConv2D({.filters = 3, .kernel_size = {2, 2}, .depth_multiplier = 2}),
       image},
      {"separable_conv2d_options",
       SeparableConv2D({.filters = 2,
                        .kernel_size = {2, 3},
                        .padding = Padding::Same,
                        .data_format = kChannelsFirst,
                        .dilation_rate = {2, 1},
                        .use_bias = false,
                        .pointwise_regularizer = L2({0.1})}),
       turned},
      {"conv2d_transpose", Conv2DTranspose({.filters = 2, .kernel_size = {3, 2}}), image},
      {"conv2d_transpose_same",
       Conv2DTranspose({.filters = 2,
                        .kernel_size = {3, 3},
                        .strides = {2, 2},
                        .padding = Padding::Same,
                        .output_padding = {{1, 0}},
                        .data_format = kChannelsFirst,
                        .activation = Activation::Tanh}),
       turned},
      {"conv2d_transpose_wide",
       Conv2DTranspose({.filters = 1, .kernel_size = {2, 2}, .strides = {3, 3}, .use_bias = false}),
       {2, 2, 2}},
  };
}

inline std::vector<LayerCase> pooling_cases() {
  const Shape image = {4, 5, 2};
  const Shape turned = {2, 4, 5};
  return {
      {"max_pooling2d", MaxPooling2D({}), image, {}, true},
      {"max_pooling2d_same",
       MaxPooling2D({.pool_size = {3, 2}, .strides = {{2, 1}}, .padding = Padding::Same}),
       image,
       {},
       true},
      {"max_pooling2d_first", MaxPooling2D({.data_format = kChannelsFirst}), turned, {}, true},
      {"average_pooling2d", AveragePooling2D({.pool_size = {2, 3}}), image},
      {"average_pooling2d_same",
       AveragePooling2D({.pool_size = {3, 3},
                         .strides = {{2, 2}},
                         .padding = Padding::Same,
                         .data_format = kChannelsFirst}),
       turned},
      {"global_max_pooling2d", GlobalMaxPooling2D({}), image, {}, true},
      {"global_max_pooling2d_kept",
       GlobalMaxPooling2D({.data_format = kChannelsFirst, .keepdims = true}),
       turned,
       {},
       true},
      {"global_average_pooling2d", GlobalAveragePooling2D({.data_format = kChannelsFirst}), turned},
      {"global_average_pooling2d_kept", GlobalAveragePooling2D({.keepdims = true}), image},
  };
}

inline std::vector<LayerCase> batch_normalization_cases() {
  return {
      {"batch_normalization", BatchNormalization({}), {2, 3, 4}},
      {"batch_normalization_flat", BatchNormalization({.momentum = 0.5, .epsilon = 0.1})},
      {"batch_normalization_first", BatchNormalization({.axis = 1}), {3, 2, 2}},
      {"batch_normalization_plain",
       BatchNormalization({.center = false, .scale = false, .synchronized = true}),
       {2, 3, 3}},
      {"batch_normalization_regularized",
       BatchNormalization({.beta_regularizer = L1({0.5}),
                           .gamma_regularizer = L2({0.5}),
                           .beta_constraint = NonNeg(),
                           .gamma_constraint = MaxNorm({.max_value = 1})})},
      {"batch_normalization_frozen", frozen(BatchNormalization({})), {2, 2, 3}},
      {"batch_normalization_frozen_first",
       frozen(BatchNormalization({.axis = 1, .center = false})),
       {3, 2, 2}},
  };
}

inline std::vector<LayerCase> image_shape_cases() {
  const Shape image = {3, 4, 2};
  const Shape turned = {2, 3, 4};
  return {
      {"zero_padding2d", ZeroPadding2D({}), image},
      {"zero_padding2d_sides",
       ZeroPadding2D({.padding = {{{0, 2}, {1, 0}}}, .data_format = kChannelsFirst}),
       turned},
      {"cropping2d", Cropping2D({.cropping = {{{1, 0}, {1, 2}}}}), image},
      {"cropping2d_first",
       Cropping2D({.cropping = {{{0, 1}, {1, 1}}}, .data_format = kChannelsFirst}),
       turned},
      {"up_sampling2d", UpSampling2D({.size = {2, 3}}), image},
      {"up_sampling2d_bilinear",
       UpSampling2D({.size = {3, 2}, .interpolation = Interpolation::Bilinear}),
       image},
      {"up_sampling2d_first",
       UpSampling2D({.data_format = kChannelsFirst, .interpolation = Interpolation::Bilinear}),
       turned},
      {"permute", Permute({.dims = {3, 1, 2}}), image},
      {"flatten_first", Flatten({.data_format = kChannelsFirst}), turned},
      {"dropout_channels",
       Dropout({.rate = 0.4, .seed = 7, .noise_shape = {std::nullopt, 1, 1, 2}}),
       image},
      {"spatial_dropout2d", SpatialDropout2D({.rate = 0.4, .seed = 3}), image},
      {"spatial_dropout2d_first",
       SpatialDropout2D({.rate = 0.5, .data_format = kChannelsFirst}),
       turned},
  };
}

inline std::vector<LayerCase> activation_layer_cases() {
  return {
      {"relu", ReLU({})},
      {"relu_bounded",
       ReLU({.max_value = 0.8, .negative_slope = 0.1, .threshold = 0.4}),
       {5},
       {},
       true},
      {"leaky_relu", LeakyReLU({.negative_slope = 0.2})},
      {"elu", ELU({.alpha = 0.5})},
      {"prelu", PReLU({.alpha_initializer = Constant({.value = 0.25})}), {2, 3}},
      {"prelu_shared",
       PReLU({.alpha_regularizer = L2({0.5}), .alpha_constraint = NonNeg(), .shared_axes = {1, 2}}),
       {2, 2, 3}},
      {"softmax", Softmax({})},
      {"softmax_first", Softmax({.axis = {1}}), {3, 2}},
      {"softmax_pixels", Softmax({.axis = {1, -2}}), {2, 3, 2}},
  };
}

}  // namespace carnyx
