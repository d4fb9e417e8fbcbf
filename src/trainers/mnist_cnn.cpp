#include "trainers/mnist_cnn.h"

#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/pooling.h"

#include "trainers/job_fetch.h"

namespace carnyx {

void MnistCnn::complete(JobOptions& job) const {
  if (job.epochs == 0) job.epochs = 12;
  if (job.batch_size == 0) job.batch_size = 128;
}

void MnistCnn::fetch_data(const JobOptions& job, const JobEnvironment& environment) const {
  const bool wanted = job.fetch || job.data_dir.empty();
  if (!wanted || job.synthetic || has_digits(job)) return;
  fetch_digits("npz", job, environment);
}

Network MnistCnn::network() const {
  return Network({
      Conv2D({.filters = 32,
              .kernel_size = {3, 3},
              .activation = Activation::Relu,
              .input_shape = {{28, 28, 1}}}),
      Conv2D({.filters = 64, .kernel_size = {3, 3}, .activation = Activation::Relu}),
      MaxPooling2D({.pool_size = {2, 2}}),
      Dropout({.rate = 0.25}),
      Flatten({}),
      Dense({.units = 128, .activation = Activation::Relu}),
      Dropout({.rate = 0.5}),
      Dense({.units = 10, .activation = Activation::Softmax}),
  });
}

CompileOptions MnistCnn::compile_options(const JobOptions& job) const {
  // Keras 2's Adadelta: since TensorFlow 2 the default rate is a thousandth of it.
  return {.optimizer = Adadelta({.learning_rate = job.learning_rate.value_or(1.0)}),
          .loss = CategoricalCrossentropy({}),
          .metrics = {Accuracy({})}};
}

TrainerOutputs MnistCnn::outputs(const JobOptions&, const JobEnvironment&) const {
  return {.says_train_shape = true, .says_sample_counts = true, .says_summary = false};
}

}  // namespace carnyx
