#include "trainers/mnist_cnn.h"

#include "carnyx/base/error.h"
#include "carnyx/base/log.h"
#include "carnyx/data/fetch.h"
#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/trainers/job.h"
#include "carnyx/training/download_bar.h"

namespace carnyx {

void MnistCnn::complete(JobOptions& job) const {
  if (job.epochs == 0) job.epochs = 12;
  if (job.batch_size == 0) job.batch_size = 128;
}

void MnistCnn::fetch_data(const JobOptions& job, const JobEnvironment& environment) const {
  if (job.synthetic || !job.data_dir.empty() || has_digits(job)) return;
  DownloadBar bar(environment.output, environment.clock);
  const bool is_shown = job.verbose.value_or(1) > 0 && job.log_style != LogStyle::Json;
  FetchOptions options{.format = "npz", .stop = environment.stop};
  if (is_shown) {
    options.progress = [&bar](const FetchProgress& progress) {
      bar.update(progress.url, progress.done_bytes, progress.total_bytes);
    };
  }
  try {
    fetch_dataset("mnist", options);
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {  // load_digits() has others, and says so
    log::warning("MNIST could not be fetched", {{"reason", error.what()}});
  }
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
