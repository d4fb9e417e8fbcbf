#include "trainers/uai_mnist.h"

#include "carnyx/layers/core.h"
#include "carnyx/trainers/job.h"

#include "trainers/check_options.h"
#include "trainers/step_limit.h"

namespace carnyx {

FieldHelp UaiMnist::describe_option(std::string_view name) const {
  if (name == "output_dir") {
    return {"folder for mnist.h5, and for the job unless --job-dir names another"};
  }
  if (name == "max_step") return {"end after so many steps; 0: after the epochs"};
  return describe_uai_option(name);
}

void UaiMnist::complete(JobOptions& job) const {
  complete_uai(options_, name(), job);
  if (job.epochs == 0) job.epochs = 5;
  if (job.batch_size == 0) job.batch_size = 32;
}

Network UaiMnist::network() const {
  return Network({
      Flatten({.input_shape = {{28, 28}}}),
      Dense({.units = 512, .activation = Activation::Relu}),
      Dropout({.rate = 0.2}),
      Dense({.units = 10, .activation = Activation::Softmax}),
  });
}

CompileOptions UaiMnist::compile_options(const JobOptions& job) const {
  return {.optimizer = Adam({.learning_rate = job.learning_rate.value_or(0.001)}),
          .loss = SparseCategoricalCrossentropy({}),
          .metrics = {Accuracy({})}};
}

TrainerOutputs UaiMnist::outputs(const JobOptions& job, const JobEnvironment&) const {
  const std::string folder =
      options_.output_dir.empty() ? job.job_dir : placed(options_, options_.output_dir);
  TrainerOutputs outputs{.events = placed(options_, options_.log_dir),
                         .models = {folder + "/mnist.h5"},
                         .says_summary = false};
  if (options_.max_step > 0) {
    outputs.callbacks.push_back(std::make_shared<StepLimit>(options_.max_step));
  }
  return outputs;
}

}  // namespace carnyx
