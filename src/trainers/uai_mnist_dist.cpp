#include "trainers/uai_mnist_dist.h"

#include "carnyx/layers/convolution.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/pooling.h"
#include "carnyx/trainers/job.h"

#include "trainers/cluster.h"
#include "trainers/estimator_lines.h"
#include "trainers/step_limit.h"

namespace carnyx {
namespace {

constexpr std::int64_t kMaxSteps = 1000;

}  // namespace

FieldHelp UaiMnistDist::describe_option(std::string_view name) const {
  if (name == "output_dir") {
    return {"folder for checkpoints and models: the job's, unless --job-dir names another"};
  }
  if (name == "max_step") return {"end after so many steps; 0: after 1000"};
  return describe_uai_option(name);
}

JobOptions UaiMnistDist::default_options() const {
  return {.checkpoint_every_steps = 200, .keep_checkpoints = 5};
}

void UaiMnistDist::complete(JobOptions& job) const {
  complete_uai(options_, name(), job);
  if (const auto cluster = read_cluster(tf_config())) require_one_process(*cluster, "TF_CONFIG");
  if (job.epochs == 0) job.epochs = 5;
  if (job.batch_size == 0) job.batch_size = 64;
}

Network UaiMnistDist::network() const {
  return Network({
      Conv2D({.filters = 32,
              .kernel_size = {3, 3},
              .activation = Activation::Relu,
              .input_shape = {{28, 28, 1}}}),
      MaxPooling2D({.pool_size = {2, 2}, .strides = {{2, 2}}}),
      Conv2D({.filters = 64, .kernel_size = {3, 3}, .activation = Activation::Relu}),
      MaxPooling2D({.pool_size = {2, 2}, .strides = {{2, 2}}}),
      Conv2D({.filters = 64, .kernel_size = {3, 3}, .activation = Activation::Relu}),
      Flatten({}),
      Dense({.units = 64, .activation = Activation::Relu}),
      Dense({.units = 10, .activation = Activation::Softmax}),
  });
}

CompileOptions UaiMnistDist::compile_options(const JobOptions& job) const {
  // TensorFlow 1's Adam, whose epsilon is not Keras's.
  return {.optimizer = Adam({.learning_rate = job.learning_rate.value_or(0.001), .epsilon = 1e-8}),
          .loss = CategoricalCrossentropy({}),
          .metrics = {Accuracy({})}};
}

TrainerOutputs UaiMnistDist::outputs(const JobOptions& job,
                                     const JobEnvironment& environment) const {
  TrainerOutputs outputs{.events = placed(options_, options_.log_dir),
                         .says_summary = false,
                         .evaluation_line = estimator_evaluation_line,
                         .replaces_progress = true};
  if (const auto cluster = read_cluster(tf_config())) {
    outputs.opening.push_back(cluster->config.dump());
  }
  outputs.callbacks.push_back(
      std::make_shared<StepLimit>(options_.max_step > 0 ? options_.max_step : kMaxSteps));
  if (job.log_style == LogStyle::Keras2 && job.verbose.value_or(1) > 0) {
    outputs.callbacks.push_back(
        std::make_shared<EstimatorLines>(environment.output, environment.clock));
  }
  return outputs;
}

}  // namespace carnyx
