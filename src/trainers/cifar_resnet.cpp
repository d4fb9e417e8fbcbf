#include "trainers/cifar_resnet.h"

#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/data/cifar10.h"
#include "carnyx/trainers/job.h"

#include "trainers/benchmark_files.h"
#include "trainers/cifar_data.h"
#include "trainers/cluster.h"
#include "trainers/plan_times.h"
#include "trainers/resnet_network.h"
#include "trainers/resnet_schedule.h"
#include "trainers/time_history.h"

namespace carnyx {
namespace {

constexpr std::int64_t kTrainSamples = 50'000;
constexpr std::int64_t kTestSamples = 10'000;
constexpr auto kAccuracy = "categorical_accuracy";

void copy_entry(const Logs& logs, std::string_view name, Json& stats, std::string_view as) {
  if (const auto value = logs.find(name)) stats.set(as, *value);
}

/// What the program's run() returned.
Json stats_of(const History& history, const Logs& test, const TimeHistory& times) {
  Json stats = Json::object();
  copy_entry(test, kAccuracy, stats, "accuracy_top_1");
  copy_entry(test, "loss", stats, "eval_loss");
  if (!history.epochs.empty()) {
    copy_entry(history.epochs.back(), "loss", stats, "loss");
    copy_entry(history.epochs.back(), kAccuracy, stats, "training_accuracy_top_1");
  }
  times.add_stats(stats);
  return stats;
}

/// As tf.keras's evaluate with verbose 2.
std::string evaluation_line(const Evaluation& evaluation) {
  std::string line =
      format("{}/{} - {:.0f}s", evaluation.steps, evaluation.steps, evaluation.seconds);
  for (const auto& [name, value] : evaluation.test.entries()) {
    line += format(" - {}: {:.4f}", name, value);
  }
  return line;
}

/// Whole batches alone, as many as there are; all samples if they make none.
Dataset whole_batches(const Dataset& data, std::int64_t batch_size) {
  const std::int64_t whole = data.samples() / batch_size * batch_size;
  return whole == 0 || whole == data.samples() ? data : data.slice(0, whole);
}

}  // namespace

FieldHelp CifarResnet::describe_option(std::string_view name) const {
  return describe_resnet_option(name);
}

FieldHelp CifarResnet::describe_job_option(std::string_view name) const {
  if (name == "data_dir") {
    return {
        "CIFAR-10: a folder or an archive (default: $CARNYX_DATA, ./data, the cache, "
        "/tmp/cifar10_data/cifar-10-batches-bin)",
        "--data,--dd"};
  }
  if (name == "batch_size") return {"samples a step (default: 128)", "--bs"};
  if (name == "epochs") return {"passes over the data, where --train-epochs says none"};
  if (name == "synthetic") return {"train on the built-in synthetic pictures"};
  return Trainer::describe_job_option(name);
}

void CifarResnet::complete(JobOptions& job) const {
  if (job.batch_size == 0) job.batch_size = 128;
  check_resnet_options(options_, job.batch_size, tf_config());
  static_cast<void>(resnet_cifar(options_.resnet_size));  // its size
  if (options_.train_epochs > 0) {
    if (job.epochs > 0) {  // the document's Spark line has one that meant nothing
      log::warning("--epochs is ignored: --train-epochs counts",
                   {{"epochs", job.epochs}, {"train_epochs", options_.train_epochs}});
    }
    job.epochs = options_.train_epochs;
  }
  if (job.epochs == 0) job.epochs = 182;
  if (options_.train_steps > 0) job.epochs = 1;
  if (job.job_dir.empty()) job.job_dir = options_.model_dir;
  if (options_.dtype == "bf16") job.precision = PrecisionPolicy::MixedBfloat16;
  if (!job.verbose) job.verbose = 2;
}

std::string CifarResnet::model_dir(const JobOptions& job) const {
  return options_.model_dir.empty() ? job.job_dir : options_.model_dir;
}

double CifarResnet::base_rate(const JobOptions& job) const {
  return job.learning_rate.value_or(resnet_base_rate(job.batch_size));
}

CompileOptions CifarResnet::compile_options(const JobOptions& job,
                                            std::int64_t steps_per_epoch) const {
  LearningRate rate = base_rate(job);
  if (options_.use_tensor_lr) {
    rate = resnet_tensor_schedule(base_rate(job), steps_per_epoch, options_.decay_epochs);
  }
  CompileOptions compile{.optimizer = SGD({.learning_rate = rate, .momentum = 0.9}),
                         .loss = CategoricalCrossentropy({})};
  if (options_.report_accuracy_metrics) {
    compile.metrics.emplace_back(metrics::CategoricalAccuracy({.name = kAccuracy}));
  }
  return compile;
}

std::optional<FixedModel> CifarResnet::fixed_model(const JobOptions& job) const {
  JobOptions completed = job;
  if (completed.batch_size == 0) completed.batch_size = 128;
  const std::int64_t steps = std::max<std::int64_t>(kTrainSamples / completed.batch_size, 1);
  return FixedModel{resnet_cifar(options_.resnet_size), compile_options(completed, steps)};
}

void CifarResnet::fetch_data(const JobOptions& job, const JobEnvironment& environment) const {
  fetch_cifar(job, environment);
}

TrainTest CifarResnet::load_data(const JobOptions& job) const {
  if (!options_.use_synthetic_data) {
    TrainTest data = load_cifar(job);
    return {augmented(std::move(data.train)), standardised(std::move(data.test))};
  }
  const std::int64_t all = kTrainSamples / job.batch_size;
  const std::int64_t steps = options_.train_steps > 0 ? std::min(options_.train_steps, all) : all;
  const bool measures = !options_.skip_eval;
  return one_picture(std::max<std::int64_t>(steps, 1) * job.batch_size,
                     measures ? kTestSamples / job.batch_size * job.batch_size : 0);
}

Training CifarResnet::prepare(const JobOptions& job) const {
  TrainTest data = load_data(job);
  std::int64_t steps = data.train.samples() / job.batch_size;
  if (steps == 0) {
    throw InvalidArgument(format("--batch-size {}: {} has {} samples, not one whole batch",
                                 job.batch_size,
                                 data.train.name,
                                 data.train.samples()));
  }
  const std::int64_t all_steps = steps;
  if (options_.train_steps > 0) steps = std::min(steps, options_.train_steps);
  Dataset test = options_.skip_eval ? Dataset{} : whole_batches(data.test, job.batch_size);
  const auto classes = datasets::cifar10_classes();
  return {.data = {std::move(data.train), std::move(test)},
          .network = resnet_cifar(options_.resnet_size),
          .compile = compile_options(job, all_steps),
          .validation_freq = options_.epochs_between_evals,
          .steps_per_epoch = steps,
          .picture_shape = Shape{32, 32, 3},
          .class_names = {classes.begin(), classes.end()}};
}

TrainerOutputs CifarResnet::outputs(const JobOptions& job,
                                    const JobEnvironment& environment) const {
  TrainerOutputs outputs{
      .says_summary = false, .evaluation_line = evaluation_line, .keras2_form = Keras2Form::Steps};
  if (options_.enable_tensorboard) outputs.events = model_dir(job);
  if (!options_.export_dir.empty()) outputs.models = {options_.export_dir + "/model.keras"};
  if (!options_.use_tensor_lr) {
    outputs.callbacks.push_back(
        std::make_shared<ResnetSchedule>(base_rate(job), options_.decay_epochs));
  }
  std::shared_ptr<BenchmarkFiles> files;
  if (options_.benchmark_logger_type == "BenchmarkFileLogger") {
    files = std::make_shared<BenchmarkFiles>(
        BenchmarkRun{.directory = options_.benchmark_log_dir,
                     .model = format("resnet{}", options_.resnet_size),
                     .dataset = options_.use_synthetic_data ? "synthetic" : "CIFAR-10",
                     .test_id = options_.benchmark_test_id,
                     .parameters = to_json(options_)},
        environment.clock);
    outputs.callbacks.push_back(files);
  }
  const bool speaks = job.verbose.value_or(2) > 0 && job.log_style != LogStyle::Json;
  TimeHistory::Options timing{.log_steps = options_.log_steps,
                              .output = speaks ? &environment.output : nullptr};
  if (files) {
    timing.on_speed = [files](std::int64_t step, double speed) { files->add_speed(step, speed); };
  }
  const auto times = std::make_shared<TimeHistory>(std::move(timing), environment.clock);
  outputs.callbacks.push_back(times);
  if (const auto& steps = options_.profile_steps; !steps.empty()) {
    outputs.callbacks.push_back(std::make_shared<PlanTimes>(model_dir(job) + "/plan_times.txt",
                                                            steps[1] - steps[0] + 1,
                                                            compile_options(job, kTrainSamples)));
  }
  outputs.stats = [times, files](const History& history, const Logs& test) {
    if (files) files->add_evaluation(test);
    return stats_of(history, test, *times);
  };
  return outputs;
}

}  // namespace carnyx
