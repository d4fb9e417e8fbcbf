#include "networks.h"

#include <optional>

namespace carnyx::bench {
namespace {

AnyRegularizer penalty() {
  return L2({.l2 = 2e-4});
}

/// Convolution and batch normalization.
SymbolicTensor convolved(const SymbolicTensor& x,
                         std::int64_t filters,
                         std::int64_t size,
                         std::int64_t stride = 1) {
  const auto y = AnyLayer(Conv2D({.filters = filters,
                                  .kernel_size = {size, size},
                                  .strides = {stride, stride},
                                  .padding = Padding::Same,
                                  .use_bias = false,
                                  .kernel_initializer = HeNormal(),
                                  .kernel_regularizer = penalty()}))(x);
  return AnyLayer(BatchNormalization({.momentum = 0.997, .epsilon = 1e-5}))(y);
}

SymbolicTensor relu(const SymbolicTensor& x) {
  return AnyLayer(ReLU({}))(x);
}

SymbolicTensor residual_block(const SymbolicTensor& x,
                              std::int64_t filters,
                              std::int64_t stride,
                              bool has_projection) {
  const auto y = convolved(relu(convolved(x, filters, 3, stride)), filters, 3);
  const auto shortcut = has_projection ? convolved(x, filters, 1, stride) : x;
  return relu(AnyLayer(Add())({y, shortcut}));
}

}  // namespace

Network mnist_mlp() {
  return Network({Dense({.units = 512, .activation = Activation::Relu, .input_shape = {{784}}}),
                  Dropout({.rate = 0.2}),
                  Dense({.units = 512, .activation = Activation::Relu}),
                  Dropout({.rate = 0.2}),
                  Dense({.units = 10, .activation = Activation::Softmax})});
}

Network off_menu() {
  return Network({Dense({.units = 511, .activation = Activation::Tanh, .input_shape = {{257}}}),
                  Dense({.units = 129, .activation = Activation::Tanh}),
                  Dense({.units = 7, .activation = Activation::Softmax})});
}

Network mnist_cnn() {
  return Network({Conv2D({.filters = 32,
                          .kernel_size = {3, 3},
                          .activation = Activation::Relu,
                          .input_shape = {{28, 28, 1}}}),
                  Conv2D({.filters = 64, .kernel_size = {3, 3}, .activation = Activation::Relu}),
                  MaxPooling2D({.pool_size = {2, 2}}),
                  Dropout({.rate = 0.25}),
                  Flatten({}),
                  Dense({.units = 128, .activation = Activation::Relu}),
                  Dropout({.rate = 0.5}),
                  Dense({.units = 10, .activation = Activation::Softmax})});
}

Network resnet(std::int64_t blocks) {
  const SymbolicTensor image(Input({.shape = {32, 32, 3}}));
  SymbolicTensor x = relu(convolved(image, 16, 3));
  for (const std::int64_t filters : {16, 32, 64}) {
    for (std::int64_t i = 0; i < blocks; ++i) {
      const bool is_first = i == 0;
      x = residual_block(x, filters, is_first && filters > 16 ? 2 : 1, is_first);
    }
  }
  x = AnyLayer(GlobalAveragePooling2D({}))(x);
  x = AnyLayer(Dense({.units = 10,
                      .activation = Activation::Softmax,
                      .kernel_initializer = RandomNormal({.stddev = 0.01, .seed = std::nullopt}),
                      .kernel_regularizer = penalty(),
                      .bias_regularizer = penalty()}))(x);
  return Network({.inputs = {image}, .outputs = {x}});
}

}  // namespace carnyx::bench
