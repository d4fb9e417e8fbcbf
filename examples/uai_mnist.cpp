// UAI Train's mnist.py, line by line: docs/from-keras.md has the Keras side.
//     example_uai_mnist [DATA] [EPOCHS]     DATA: a folder or a file with MNIST in any format
#include <cstdio>
#include <cstdlib>

#include <carnyx/carnyx.h>

using namespace carnyx;

namespace {

void train(const char* data, int epochs) {
  const TrainTest digits = datasets::mnist({.data_dir = data});  // divided by 255 as it is read
  Sequential model({
      Flatten({.input_shape = {{28, 28}}}),
      Dense({.units = 512, .activation = Activation::Relu}),
      Dropout({.rate = 0.2}),
      Dense({.units = 10, .activation = Activation::Softmax}),
  });
  model.compile({.optimizer = Adam({}),
                 .loss = SparseCategoricalCrossentropy({}),
                 .metrics = {Accuracy({})}});

  const auto terminal = stderr_output();
  const SystemClock clock;
  model.fit(digits.train, {.epochs = epochs, .callbacks = {make_progress({}, *terminal, clock)}});
  model.save("mnist.h5");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    train(count > 1 ? arguments[1] : "", count > 2 ? std::atoi(arguments[2]) : 5);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
