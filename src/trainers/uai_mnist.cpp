#include "trainers/uai_mnist.h"

#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/layers/core.h"
#include "carnyx/trainers/job.h"

#include "trainers/check_options.h"
#include "trainers/step_limit.h"

namespace carnyx {
namespace {

constexpr std::array<NamedHelp, 5> kHelp = {{
    {"work_dir", {"relative paths of the other flags are below it (default: this folder)"}},
    {"output_dir", {"folder for mnist.h5, and for the job unless --job-dir names another"}},
    {"log_dir", {"folder for TensorBoard's events (default: events/ in the job's)"}},
    {"num_gpus", {"0: the CPU; -1: all GPUs that there are"}},
    {"max_step", {"end after so many steps; 0: after the epochs"}},
}};

}  // namespace

FieldHelp UaiMnist::describe_option(std::string_view name) const {
  return help_of(kHelp, name);
}

std::string UaiMnist::placed(const std::string& path) const {
  const bool stays = path.empty() || path.starts_with('/') || options_.work_dir.empty();
  return stays ? path : options_.work_dir + "/" + path;
}

void UaiMnist::complete(JobOptions& job) const {
  if (options_.num_gpus < -1) {
    throw InvalidArgument(format("--num-gpus: expected -1 or more, got {}", options_.num_gpus));
  }
  if (options_.num_gpus > 0) {
    throw InvalidArgument(
        format("--num-gpus {}: no GPU can be used here; give 0 for the CPU, or -1 for all that "
               "there are",
               options_.num_gpus));
  }
  if (options_.max_step < 0) {
    throw InvalidArgument(
        format("--max-step: expected 0 (no limit) or more, got {}", options_.max_step));
  }
  require_local("--work-dir", options_.work_dir);
  require_local("--output-dir", options_.output_dir);
  require_local("--log-dir", options_.log_dir);
  job.data_dir = placed(job.data_dir);
  if (job.job_dir.empty()) job.job_dir = options_.output_dir;
  if (job.job_dir.empty()) job.job_dir = "runs/" + name();
  job.job_dir = placed(job.job_dir);
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

TrainerOutputs UaiMnist::outputs(const JobOptions& job, const Clock&) const {
  const std::string folder =
      options_.output_dir.empty() ? job.job_dir : placed(options_.output_dir);
  TrainerOutputs outputs{
      .events = placed(options_.log_dir), .models = {folder + "/mnist.h5"}, .says_summary = false};
  if (options_.max_step > 0) {
    outputs.callbacks.push_back(std::make_shared<StepLimit>(options_.max_step));
  }
  return outputs;
}

}  // namespace carnyx
