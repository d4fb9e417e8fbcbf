#include "trainers/resnet_network.h"

#include <string>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/layers/batch_normalization.h"
#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/image_shapes.h"
#include "carnyx/layers/merging.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/layers/symbolic_tensor.h"

namespace carnyx {
namespace {

constexpr double kWeightDecay = 2e-4;

struct ConvolutionShape {
  std::int64_t filters = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  Padding padding = Padding::Same;
};

SymbolicTensor normalized(const SymbolicTensor& x, std::string name) {
  return AnyLayer(
      BatchNormalization({.momentum = 0.997, .epsilon = 1e-5, .name = std::move(name)}))(x);
}

SymbolicTensor convolved(const SymbolicTensor& x, ConvolutionShape shape, std::string name) {
  return AnyLayer(Conv2D({.filters = shape.filters,
                          .kernel_size = {shape.kernel, shape.kernel},
                          .strides = {shape.stride, shape.stride},
                          .padding = shape.padding,
                          .use_bias = false,
                          .kernel_initializer = HeNormal(),
                          .kernel_regularizer = L2({.l2 = kWeightDecay}),
                          .name = std::move(name)}))(x);
}

SymbolicTensor relu(const SymbolicTensor& x) {
  return AnyLayer(ActivationLayer({.activation = Activation::Relu}))(x);
}

/// "res2block_0_branch2a" and "bn2block_0_branch2a" begin so.
struct BlockName {
  std::string convolution;
  std::string norm;
};

SymbolicTensor block(const SymbolicTensor& x,
                     ConvolutionShape shape,
                     const BlockName& name,
                     bool has_projection) {
  const ConvolutionShape second{.filters = shape.filters};
  SymbolicTensor y = convolved(x, shape, name.convolution + "2a");
  y = relu(normalized(y, name.norm + "2a"));
  y = normalized(convolved(y, second, name.convolution + "2b"), name.norm + "2b");
  if (!has_projection) return relu(AnyLayer(Add())({y, x}));
  const ConvolutionShape projection{
      .filters = shape.filters, .kernel = 1, .stride = shape.stride, .padding = Padding::Valid};
  const SymbolicTensor shortcut =
      normalized(convolved(x, projection, name.convolution + "1"), name.norm + "1");
  return relu(AnyLayer(Add())({y, shortcut}));
}

SymbolicTensor stage(SymbolicTensor x,
                     std::int64_t number,
                     std::int64_t blocks,
                     std::int64_t filters,
                     std::int64_t stride) {
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::string place = format("{}block_{}_branch", number, i);
    x = block(x,
              {.filters = filters, .stride = i == 0 ? stride : 1},
              {.convolution = "res" + place, .norm = "bn" + place},
              i == 0);
  }
  return x;
}

}  // namespace

Network resnet_cifar(std::int64_t size, std::int64_t classes) {
  constexpr std::int64_t kStages = 3;
  constexpr std::int64_t kLayersABlock = 2;
  const std::int64_t blocks = (size - 2) / (kStages * kLayersABlock);
  if (blocks < 1 || blocks * kStages * kLayersABlock + 2 != size) {
    throw InvalidArgument(
        format("--resnet-size: expected 20, 32, 56, 110 or another 6 n + 2, got {}", size));
  }
  const SymbolicTensor input(Input({.shape = {32, 32, 3}}));
  SymbolicTensor x = AnyLayer(ZeroPadding2D({.name = "conv1_pad"}))(input);
  x = convolved(x, {.filters = 16, .padding = Padding::Valid}, "conv1");
  x = relu(normalized(x, "bn_conv1"));
  x = stage(x, 2, blocks, 16, 1);
  x = stage(x, 3, blocks, 32, 2);
  x = stage(x, 4, blocks, 64, 2);
  x = AnyLayer(GlobalAveragePooling2D({.name = "reduce_mean"}))(x);
  x = AnyLayer(Dense({.units = classes,
                      .activation = Activation::Softmax,
                      .kernel_initializer = RandomNormal({.stddev = 0.01}),
                      .kernel_regularizer = L2({.l2 = kWeightDecay}),
                      .bias_regularizer = L2({.l2 = kWeightDecay}),
                      .name = "fc10"}))(x);
  return Network({.inputs = {input}, .outputs = {x}, .name = format("resnet{}", size)});
}

}  // namespace carnyx
