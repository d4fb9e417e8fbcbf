// A small residual network on colour pictures: CIFAR-10 from a folder, or pictures drawn by Carnyx.
//     example_residual [DATA] [EPOCHS]     DATA: a folder with CIFAR-10 in any format, or "drawn"
#include <cstdio>
#include <cstdlib>
#include <string>

#include <carnyx/carnyx.h>

using namespace carnyx;

namespace {

AnyLayer convolution(std::int64_t filters, std::int64_t side, std::int64_t stride) {
  return Conv2D({.filters = filters,
                 .kernel_size = {side, side},
                 .strides = {stride, stride},
                 .padding = Padding::Same,
                 .use_bias = false,
                 .kernel_initializer = HeNormal(),
                 .kernel_regularizer = L2({.l2 = 1e-4})});
}

SymbolicTensor normalized(const SymbolicTensor& x) {
  return AnyLayer(BatchNormalization({.momentum = 0.9, .epsilon = 1e-5}))(x);
}

SymbolicTensor rectified(const SymbolicTensor& x) {
  return AnyLayer(ReLU({}))(x);
}

/// Two convolutions and the way around them, which a convolution of 1 x 1 fits where shapes change.
SymbolicTensor block(const SymbolicTensor& x, std::int64_t filters, std::int64_t stride) {
  const auto inner = rectified(normalized(convolution(filters, 3, stride)(x)));
  const auto outer = normalized(convolution(filters, 3, 1)(inner));
  const auto around = stride == 1 ? x : normalized(convolution(filters, 1, stride)(x));
  return rectified(AnyLayer(Add())({outer, around}));
}

Network residual() {
  const SymbolicTensor image(Input({.shape = {32, 32, 3}}));
  auto x = rectified(normalized(convolution(16, 3, 1)(image)));
  x = block(block(x, 16, 1), 32, 2);
  x = AnyLayer(GlobalAveragePooling2D({}))(x);
  const auto classes = AnyLayer(Dense({.units = 10, .activation = Activation::Softmax}))(x);
  return Network({.inputs = {image}, .outputs = {classes}, .name = "residual"});
}

void train(const std::string& data, int epochs) {
  auto [train, test] = data == "drawn" ? datasets::synthetic_pictures({.train = 2'000, .test = 500})
                                       : datasets::cifar10({.data_dir = data});
  train.augmentation = {.pad = 4, .flip_horizontal = true};
  Model model(residual());
  std::printf("%s", model.summary().c_str());
  model.compile({.optimizer = SGD({.learning_rate = 0.1, .momentum = 0.9}),
                 .loss = SparseCategoricalCrossentropy({}),
                 .metrics = {Accuracy({})}});
  const auto terminal = stderr_output();
  const SystemClock clock;
  model.fit(train,
            {.batch_size = 128,
             .epochs = epochs,
             .validation_data = test,
             .callbacks = {make_progress({}, *terminal, clock)}});
  model.save("residual.keras");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    train(count > 1 ? arguments[1] : "drawn", count > 2 ? std::atoi(arguments[2]) : 2);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
