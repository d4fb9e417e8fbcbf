#include "carnyx/trainers/job.h"

#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/log.h"
#include "carnyx/kernels/isa.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/trainers/picture_file.h"
#include "carnyx/trainers/table_file.h"
#include "carnyx/training/callbacks/lambda_callback.h"
#include "carnyx/training/callbacks/tensorboard.h"

#include "trainers/check_options.h"
#include "trainers/history_csv.h"
#include "trainers/job_config.h"
#include "trainers/job_directory.h"
#include "trainers/job_lines.h"
#include "trainers/job_streams.h"
#include "trainers/run_record.h"
#include "trainers/run_report.h"

namespace carnyx {
namespace {

JobOptions completed(const Trainer& trainer, JobOptions options) {
  require_local("--job-dir", options.job_dir);  // before a trainer places it below another folder
  require_local("--data-dir", options.data_dir);
  trainer.complete(options);
  if (options.job_dir.empty()) options.job_dir = "runs/" + trainer.name();
  if (!options.verbose) options.verbose = 1;
  return options;
}

/// What was asked for; 0: all samples.
std::int64_t wanted_steps(const JobOptions& options, const Training& training) {
  return options.steps_per_epoch > 0 ? options.steps_per_epoch : training.steps_per_epoch;
}

/// The steps of an epoch, which ends with the data however many are asked for.
std::int64_t planned_steps(const JobOptions& options, std::int64_t wanted, std::int64_t samples) {
  const std::int64_t all = (samples + options.batch_size - 1) / options.batch_size;
  if (wanted > all) {
    log::warning("the data has fewer steps than --steps-per-epoch; an epoch ends where it does",
                 {{"steps_per_epoch", wanted}, {"steps", all}});
  }
  return wanted > 0 ? std::min(wanted, all) : all;
}

void warn_of_missing_tiles(const JobOptions& options) {
  const kernels::Isa isa = kernels::selected_isa();
  if (options.precision == PrecisionPolicy::MixedBfloat16 && isa < kernels::Isa::Avx512Bf16) {
    log::warning(
        "this CPU has no bfloat16 products: mixed_bfloat16 stores bfloat16 and computes in "
        "float32; float32 is as fast",
        {{"isa", kernels::name_of(isa)}});
  }
  if (options.float32_matmul_precision == MatmulPrecision::High && isa != kernels::Isa::Amx) {
    log::info("this CPU has no bfloat16 tiles: float32 products are computed as highest",
              {{"isa", kernels::name_of(isa)}});
  }
}

/// What the HParams page of TensorBoard compares runs by.
Json hparams_of(const Trainer& trainer,
                const JobOptions& options,
                const Training& training,
                const Model& model) {
  return Json::object({{"trainer", trainer.name()},
                       {"epochs", options.epochs},
                       {"batch_size", options.batch_size},
                       {"optimizer", training.compile.optimizer->class_name()},
                       {"learning_rate", model.learning_rate()},
                       {"seed", options.seed},
                       {"precision", name_of(options.precision)}});
}

/// The report is about a run that has ended well: that it can't be written changes nothing of that.
bool write_report(const JobDirectory& directory, const FinishedRun& run, Model& model) {
  try {
    write_file_atomically(directory.report(), report_of(run, model));
    return true;
  } catch (const IoError& error) {
    log::warning("no report was written; carnyx report DIR tries again",
                 {{"reason", error.what()}});
    return false;
  }
}

Model model_of(const Training& training, const JobOptions& options) {
  Model model(training.network, model_options(options));
  model.compile(training.compile);
  for (const NamedTensor& entry : training.weights) model.set_weight(entry.name, entry.tensor);
  return model;
}

FitOptions fit_options(const JobOptions& options,
                       const JobData& data,
                       const Training& training,
                       const TrainerOutputs& outputs,
                       const JobEnvironment& environment) {
  FitOptions fit{.batch_size = options.batch_size,
                 .epochs = options.epochs,
                 .validation_freq = training.validation_freq,
                 .steps_per_epoch = wanted_steps(options, training),
                 .checkpoint = {.directory = JobDirectory(options.job_dir).checkpoints(),
                                .every_steps = options.checkpoint_every_steps,
                                .resume = options.resume == ResumePolicy::Auto,
                                .keep = options.keep_checkpoints},
                 .stop = environment.stop};
  if (training.validates && data.has_test()) data.validate_by(fit);
  fit.callbacks =
      outputs.callbacks;  // before the progress, as in Keras: its line comes after theirs
  const bool is_replaced = outputs.replaces_progress && options.log_style == LogStyle::Keras2;
  fit.callbacks.push_back(
      make_progress({.style = options.log_style,
                     .verbose = is_replaced ? 0 : static_cast<int>(*options.verbose),
                     .keras2_form = outputs.keras2_form},
                    environment.output,
                    environment.clock));
  return fit;
}

std::string events_folder(const JobOptions& options, const TrainerOutputs& outputs) {
  return outputs.events.empty() ? JobDirectory(options.job_dir).events() : outputs.events;
}

RunRecord record_of(const JobOptions& options,
                    const JobData& data,
                    Model& model,
                    const Meter& meter,
                    double train_seconds) {
  return {.data = data.parts.train.name,
          .train_samples = data.train_samples(),
          .test_samples = data.test_samples(),
          .trained_samples = meter.samples(),
          .train_seconds = train_seconds,
          .epoch_seconds = meter.epoch_seconds(),
          .peak_memory_bytes = peak_memory_bytes(),
          .state_bytes = model.states().size_bytes(),
          .isa = std::string(kernels::name_of(kernels::selected_isa())),
          .threads = options.threads > 0 ? options.threads : kernels::usable_cpus()};
}

Evaluation evaluate(Model& model,
                    const JobData& data,
                    const JobOptions& options,
                    const Clock& clock) {
  const auto began = clock.steady();
  Logs test = data.evaluate(model, options.batch_size);
  const std::chrono::duration<double> took = clock.steady() - began;
  return {.test = std::move(test),
          .steps = (data.test_samples() + options.batch_size - 1) / options.batch_size,
          .seconds = took.count(),
          .iterations = model.iterations()};
}

void save_models(Model& model, const JobDirectory& directory, const TrainerOutputs& outputs) {
  model.save(directory.model());
  for (const std::string& path : outputs.models) {
    create_directories(parent_directory(path));
    model.save(path);
  }
}

/// Writes what reads the model later, once the run has begun: one that is refused changes nothing.
CallbackPtr description_of(Trainer& trainer, const JobOptions& options, const Training& training) {
  return std::make_shared<LambdaCallback>(LambdaCallbackOptions{
      .name = "job_description", .on_train_begin = [&](CallbackContext&) {
        const JobDirectory directory(options.job_dir);
        write_file_atomically(directory.config(), config_yaml(trainer, options));
        if (training.table) write_table(directory.table(), *training.table);
        write_picture_reading(directory.pictures(), training.data.train);
      }});
}

}  // namespace

Json plan_job(Trainer& trainer, JobOptions given) {
  JobOptions options = completed(trainer, std::move(given));
  check_options(options);
  require_folder(options.job_dir);
  kernels::select_isa(options.isa, "--isa");
  options.streams = open_job_streams(trainer, options);
  const Training training = trainer.prepare(options);
  const JobData data = job_data(training.data, options);
  Model model = model_of(training, options);
  const SystemClock clock;
  const auto output = stderr_output();
  const TrainerOutputs outputs = trainer.outputs(options, {.output = *output, .clock = clock});
  const std::int64_t samples = data.train_samples();
  const JobDirectory directory(options.job_dir);
  return Json::object(
      {{"trainer", trainer.name()},
       {"options", config_json(trainer, options)},
       {"data", training.data.train.name},
       {"train_samples", samples},
       {"test_samples", data.test_samples()},
       {"steps_per_epoch", planned_steps(options, wanted_steps(options, training), samples)},
       {"replicas", 1},
       {"global_batch_size", options.batch_size},
       {"replica_batch_size", options.batch_size},
       {"isa", kernels::name_of(kernels::selected_isa())},
       {"files",
        Json::object({{"config", directory.config()},
                      {"checkpoints", directory.checkpoints()},
                      {"model", directory.model()},
                      {"models", Json::array_of(outputs.models)},
                      {"history", directory.history()},
                      {"events", events_folder(options, outputs)},
                      {"report", directory.report()}})},
       {"step", model.describe_plan(options.batch_size)}});
}

JobResult run_job(Trainer& trainer, JobOptions given, const JobEnvironment& environment) {
  JobOptions options = completed(trainer, std::move(given));
  check_options(options);
  require_folder(options.job_dir);
  kernels::select_isa(options.isa, "--isa");
  warn_of_missing_tiles(options);
  const JobDirectory directory(options.job_dir);
  const TrainerOutputs outputs = trainer.outputs(options, environment);
  const JobHold hold(directory);
  check_directory(directory, options, outputs.models);
  print_opening(options, outputs, environment.output);
  log::debug("reading data");
  trainer.fetch_data(options, environment);
  options.streams = open_job_streams(trainer, options);
  const Training training = trainer.prepare(options);
  const JobData data = job_data(training.data, options);
  log::debug("data read");
  Model model = model_of(training, options);
  if (options.overwrite) remove_earlier_run(directory);
  log::info("training",
            {{"data", training.data.train.name},
             {"train_samples", data.train_samples()},
             {"test_samples", data.test_samples()},
             {"job_dir", options.job_dir}});
  print_model(options, outputs, training.network, data, environment.output);
  const auto began = environment.clock.steady();
  FitOptions fit = fit_options(options, data, training, outputs, environment);
  fit.callbacks.insert(fit.callbacks.begin(), description_of(trainer, options, training));
  const auto meter = std::make_shared<Meter>(environment.clock);
  fit.callbacks.push_back(meter);
  if (options.tensorboard) {
    fit.callbacks.push_back(std::make_shared<TensorBoard>(
        TensorBoardOptions{.log_dir = events_folder(options, outputs),
                           .histogram_freq = options.histogram_freq,
                           .hparams = hparams_of(trainer, options, training, model),
                           .clock = &environment.clock}));
  }
  History history = data.fit(model, std::move(fit));
  const std::chrono::duration<double> seconds = environment.clock.steady() - began;
  Logs test;
  if (data.has_test()) {
    const Evaluation evaluation = evaluate(model, data, options, environment.clock);
    print_evaluation(options, outputs, evaluation, environment.output);
    test = evaluation.test;
  } else {
    log::info("no test part: nothing was measured but the training itself");
  }
  RunRecord record = record_of(options, data, model, *meter, seconds.count());
  keep_results(directory, [&] {
    save_models(model, directory, outputs);
    write_file_atomically(directory.history(), history_csv(history));
    record = keep_record(directory.record(), std::move(record));
  });
  const bool has_report = options.report && write_report(directory,
                                                         {.trainer = trainer,
                                                          .options = options,
                                                          .record = record,
                                                          .history = history,
                                                          .test = test,
                                                          .training = training},
                                                         model);
  return {.job_dir = options.job_dir,
          .model = directory.model(),
          .report = has_report ? directory.report() : "",
          .test = test,
          .models = outputs.models,
          .stats = outputs.stats ? outputs.stats(history, test) : Json(),
          .history = std::move(history),
          .trained_samples = meter->samples(),
          .train_seconds = seconds.count(),
          .dataset = training.data.train.name};
}

}  // namespace carnyx
