// Keras's mnist_mlp, line by line: docs/from-keras.md has the Keras side.
//     example_mnist_mlp [DATA] [EPOCHS]     DATA: a folder or a file with MNIST in any format
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <carnyx/carnyx.h>

using namespace carnyx;

namespace {

void train(const char* data, int epochs) {
  const TrainTest digits = datasets::mnist({.data_dir = data});
  const Dataset train = digits.train.with_sample_shape({784});
  const Dataset test = digits.test.with_sample_shape({784});
  Sequential model({
      Dense({.units = 512, .activation = Activation::Relu, .input_shape = {{784}}}),
      Dropout({.rate = 0.2}),
      Dense({.units = 512, .activation = Activation::Relu}),
      Dropout({.rate = 0.2}),
      Dense({.units = 10, .activation = Activation::Softmax}),
  });
  std::printf("%s", model.summary({.style = SummaryStyle::Keras2}).c_str());
  // What Keras 2.0 computed; RMSprop({}) is Keras 3's.
  model.compile({.optimizer = RMSprop({.epsilon = 1e-8, .epsilon_outside_root = true}),
                 .loss = CategoricalCrossentropy({}),
                 .metrics = {Accuracy({})}});

  const auto terminal = stderr_output();
  const SystemClock clock;
  const auto progress = make_progress({.style = LogStyle::Keras2}, *terminal, clock);
  model.fit(train,
            {.batch_size = 128,
             .epochs = epochs,
             .validation_data = test,
             .callbacks = {progress,
                           std::make_shared<CSVLogger>(CSVLoggerOptions{.filename = "log.csv"})}});
  const Logs score = model.evaluate(test, {.batch_size = 128});
  std::printf("Test loss: %g\nTest accuracy: %g\n", score.at("loss"), score.at("accuracy"));
  model.save("model.keras");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    train(count > 1 ? arguments[1] : "", count > 2 ? std::atoi(arguments[2]) : 20);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
