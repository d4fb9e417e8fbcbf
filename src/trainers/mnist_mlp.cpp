#include "trainers/mnist_mlp.h"

#include "carnyx/layers/core.h"

namespace carnyx {

Network MnistMlp::network() const {
  return Network({
      Dense({.units = 512, .activation = Activation::Relu, .input_shape = {{784}}}),
      Dropout({.rate = 0.2}),
      Dense({.units = 512, .activation = Activation::Relu}),
      Dropout({.rate = 0.2}),
      Dense({.units = 10, .activation = Activation::Softmax}),
  });
}

CompileOptions MnistMlp::compile_options(const JobOptions& options) const {
  return {.optimizer = RMSprop({.learning_rate = options.learning_rate.value_or(0.001)}),
          .loss = CategoricalCrossentropy({}),
          .metrics = {Accuracy({})}};
}

TrainTest MnistMlp::load_data(const JobOptions& options) const {
  const TrainTest digits = load_digits(options);
  return {digits.train.with_sample_shape({784}), digits.test.with_sample_shape({784})};
}

}  // namespace carnyx
