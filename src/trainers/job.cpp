#include "carnyx/trainers/job.h"

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/kernels/isa.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/training/callbacks/tensorboard.h"

#include "trainers/history_csv.h"
#include "trainers/job_streams.h"
#include "trainers/run_record.h"
#include "trainers/run_report.h"

namespace carnyx {
namespace {

JobOptions completed(const Trainer& trainer, JobOptions options) {
  if (options.job_dir.empty()) options.job_dir = "runs/" + std::string(trainer.name());
  if (options.epochs == 0) options.epochs = trainer.default_epochs();
  if (options.batch_size == 0) options.batch_size = trainer.default_batch_size();
  return options;
}

/// Flat options as YAML: every scalar of JSON is one of YAML's.
std::string to_yaml(const Trainer& trainer, const JobOptions& options) {
  std::string text = "trainer: " + std::string(trainer.name()) + "\n";
  const Json fields = to_json(options);
  for (const auto& [key, value] : fields.members()) text += key + ": " + value.dump() + "\n";
  return text;
}

/// An earlier run is resumed or removed on request, and never mixed with another.
void prepare_directory(const JobDirectory& directory, const JobOptions& options) {
  if (options.overwrite) {
    for (const std::string& path : {directory.checkpoints(),
                                    directory.model(),
                                    directory.history(),
                                    directory.events(),
                                    directory.report(),
                                    directory.record()}) {
      remove_all(path);
    }
  } else if (options.resume == ResumePolicy::Never &&
             (exists(directory.model()) || exists(directory.checkpoints()))) {
    throw InvalidArgument(
        format("job directory {}: it holds an earlier run and --resume is never; add "
               "--overwrite to replace it, or choose another --job-dir",
               directory.path()));
  } else if (exists(directory.model()) && !exists(directory.checkpoints())) {
    throw InvalidArgument(
        format("job directory {}: it holds a model but no checkpoint to go on from; "
               "add --overwrite to replace it, or choose another --job-dir",
               directory.path()));
  }
  create_directories(directory.path());
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
Json hparams_of(const Trainer& trainer, const JobOptions& options, const Model& model) {
  const CompileOptions compiled = trainer.compile_options(options);
  return Json::object({{"trainer", trainer.name()},
                       {"epochs", options.epochs},
                       {"batch_size", options.batch_size},
                       {"optimizer", compiled.optimizer->class_name()},
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

FitOptions fit_options(const JobOptions& options,
                       const JobData& data,
                       const JobDirectory& directory,
                       const JobEnvironment& environment) {
  FitOptions fit{.batch_size = options.batch_size,
                 .epochs = options.epochs,
                 .steps_per_epoch = options.steps_per_epoch,
                 .checkpoint = {.directory = directory.checkpoints(),
                                .every_steps = options.checkpoint_every_steps,
                                .resume = options.resume == ResumePolicy::Auto,
                                .keep = options.keep_checkpoints},
                 .stop = environment.stop};
  data.validate_by(fit);
  fit.callbacks.push_back(make_progress({.style = options.log_style, .verbose = options.verbose},
                                        environment.output,
                                        environment.clock));
  return fit;
}

}  // namespace

Json plan_job(const Trainer& trainer, JobOptions given) {
  JobOptions options = completed(trainer, std::move(given));
  kernels::select_isa(options.isa);
  options.streams = open_job_streams(options);
  const JobData data = job_data(trainer.load_data(options), options);
  Model model(trainer.network(), model_options(options));
  model.compile(trainer.compile_options(options));
  const std::int64_t samples = data.train_samples();
  const JobDirectory directory(options.job_dir);
  return Json::object(
      {{"trainer", trainer.name()},
       {"options", to_json(options)},
       {"data", data.parts.train.name},
       {"train_samples", samples},
       {"test_samples", data.test_samples()},
       {"steps_per_epoch",
        options.steps_per_epoch > 0 ? options.steps_per_epoch
                                    : (samples + options.batch_size - 1) / options.batch_size},
       {"replicas", 1},
       {"global_batch_size", options.batch_size},
       {"replica_batch_size", options.batch_size},
       {"isa", kernels::name_of(kernels::selected_isa())},
       {"files",
        Json::object({{"config", directory.config()},
                      {"checkpoints", directory.checkpoints()},
                      {"model", directory.model()},
                      {"history", directory.history()},
                      {"events", directory.events()},
                      {"report", directory.report()}})},
       {"step", model.describe_plan(options.batch_size)}});
}

JobResult run_job(const Trainer& trainer, JobOptions given, const JobEnvironment& environment) {
  JobOptions options = completed(trainer, std::move(given));
  kernels::select_isa(options.isa);
  warn_of_missing_tiles(options);
  const JobDirectory directory(options.job_dir);
  prepare_directory(directory, options);
  log::debug("reading data");
  options.streams = open_job_streams(options);
  const JobData data = job_data(trainer.load_data(options), options);
  log::debug("data read");
  Model model(trainer.network(), model_options(options));
  model.compile(trainer.compile_options(options));
  write_file_atomically(directory.config(), to_yaml(trainer, options));
  log::info("training",
            {{"data", data.parts.train.name},
             {"train_samples", data.train_samples()},
             {"test_samples", data.test_samples()},
             {"job_dir", options.job_dir}});
  if (options.verbose > 0 && options.log_style != LogStyle::Json) {
    environment.output.write(model.summary({.terminal_columns = environment.output.columns(),
                                            .ascii = !environment.output.has_utf8()}));
  }
  const auto began = environment.clock.steady();
  FitOptions fit = fit_options(options, data, directory, environment);
  const auto meter = std::make_shared<Meter>(environment.clock);
  fit.callbacks.push_back(meter);
  if (options.tensorboard) {
    fit.callbacks.push_back(std::make_shared<TensorBoard>(
        TensorBoardOptions{.log_dir = directory.events(),
                           .histogram_freq = options.histogram_freq,
                           .hparams = hparams_of(trainer, options, model),
                           .clock = &environment.clock}));
  }
  History history = data.fit(model, std::move(fit));
  const std::chrono::duration<double> seconds = environment.clock.steady() - began;
  const Logs test = data.evaluate(model, options.batch_size);
  model.save(directory.model());
  write_file_atomically(directory.history(), history_csv(history));
  const RunRecord record =
      keep_record(directory.record(),
                  {.data = data.parts.train.name,
                   .train_samples = data.train_samples(),
                   .test_samples = data.test_samples(),
                   .trained_samples = meter->samples(),
                   .train_seconds = seconds.count(),
                   .epoch_seconds = meter->epoch_seconds(),
                   .peak_memory_bytes = peak_memory_bytes(),
                   .state_bytes = model.states().size_bytes(),
                   .isa = std::string(kernels::name_of(kernels::selected_isa())),
                   .threads = options.threads > 0 ? options.threads : kernels::usable_cpus()});
  const bool has_report = options.report && write_report(directory,
                                                         {.trainer = trainer,
                                                          .options = options,
                                                          .record = record,
                                                          .history = history,
                                                          .test = test,
                                                          .data = data.parts},
                                                         model);
  return {.job_dir = options.job_dir,
          .model = directory.model(),
          .report = has_report ? directory.report() : "",
          .test = test,
          .history = std::move(history),
          .trained_samples = meter->samples(),
          .train_seconds = seconds.count(),
          .dataset = data.parts.train.name};
}

}  // namespace carnyx
