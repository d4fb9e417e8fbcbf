// The convolutions' options as fields, in the order of Keras 3's configs.
#pragma once

#include "carnyx/layers/convolution.h"

#include "layers/config_fields.h"

namespace carnyx {

template <class V>
void visit_fields(V& visit, Conv2DOptions& o) {
  visit("filters", o.filters);
  visit("kernel_size", o.kernel_size);
  visit("strides", o.strides);
  visit("padding", o.padding);
  visit("data_format", o.data_format);
  visit("dilation_rate", o.dilation_rate);
  visit("groups", o.groups);
  visit("activation", o.activation);
  visit("use_bias", o.use_bias);
  visit("kernel_initializer", o.kernel_initializer);
  visit("bias_initializer", o.bias_initializer);
  visit("kernel_regularizer", o.kernel_regularizer);
  visit("bias_regularizer", o.bias_regularizer);
  visit("activity_regularizer", o.activity_regularizer);
  visit("kernel_constraint", o.kernel_constraint);
  visit("bias_constraint", o.bias_constraint);
}

template <class V>
void visit_fields(V& visit, DepthwiseConv2DOptions& o) {
  visit("depth_multiplier", o.depth_multiplier);
  visit("kernel_size", o.kernel_size);
  visit("strides", o.strides);
  visit("padding", o.padding);
  visit("data_format", o.data_format);
  visit("dilation_rate", o.dilation_rate);
  visit("activation", o.activation);
  visit("use_bias", o.use_bias);
  visit("depthwise_initializer", o.depthwise_initializer);
  visit("bias_initializer", o.bias_initializer);
  visit("depthwise_regularizer", o.depthwise_regularizer);
  visit("bias_regularizer", o.bias_regularizer);
  visit("activity_regularizer", o.activity_regularizer);
  visit("depthwise_constraint", o.depthwise_constraint);
  visit("bias_constraint", o.bias_constraint);
}

template <class V>
void visit_fields(V& visit, SeparableConv2DOptions& o) {
  visit("depth_multiplier", o.depth_multiplier);
  visit("filters", o.filters);
  visit("kernel_size", o.kernel_size);
  visit("strides", o.strides);
  visit("padding", o.padding);
  visit("data_format", o.data_format);
  visit("dilation_rate", o.dilation_rate);
  visit("activation", o.activation);
  visit("use_bias", o.use_bias);
  visit("depthwise_initializer", o.depthwise_initializer);
  visit("pointwise_initializer", o.pointwise_initializer);
  visit("bias_initializer", o.bias_initializer);
  visit("depthwise_regularizer", o.depthwise_regularizer);
  visit("pointwise_regularizer", o.pointwise_regularizer);
  visit("bias_regularizer", o.bias_regularizer);
  visit("activity_regularizer", o.activity_regularizer);
  visit("depthwise_constraint", o.depthwise_constraint);
  visit("pointwise_constraint", o.pointwise_constraint);
  visit("bias_constraint", o.bias_constraint);
}

template <class V>
void visit_fields(V& visit, Conv2DTransposeOptions& o) {
  visit("filters", o.filters);
  visit("kernel_size", o.kernel_size);
  visit("strides", o.strides);
  visit("padding", o.padding);
  visit("output_padding", o.output_padding);
  visit("data_format", o.data_format);
  visit("dilation_rate", o.dilation_rate);
  visit("activation", o.activation);
  visit("use_bias", o.use_bias);
  visit("kernel_initializer", o.kernel_initializer);
  visit("bias_initializer", o.bias_initializer);
  visit("kernel_regularizer", o.kernel_regularizer);
  visit("bias_regularizer", o.bias_regularizer);
  visit("activity_regularizer", o.activity_regularizer);
  visit("kernel_constraint", o.kernel_constraint);
  visit("bias_constraint", o.bias_constraint);
}

}  // namespace carnyx
