#include "trainers/run_report.h"

#include <algorithm>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/training/report.h"

#include "trainers/history_csv.h"
#include "trainers/job_config.h"
#include "trainers/job_streams.h"
#include "trainers/repeat_command.h"

namespace carnyx {
namespace {

constexpr std::uint64_t kMostRecordBytes = std::uint64_t{64} << 20;

std::string grouped(double number) {
  std::string text = std::to_string(static_cast<std::int64_t>(number));
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string size_text(std::int64_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  return mebibytes < 1024 ? format("{:.1f} MiB", mebibytes)
                          : format("{:.2f} GiB", mebibytes / 1024);
}

std::string time_text(double seconds) {
  if (seconds < 1) return format("{:.0f} ms", seconds * 1e3);
  if (seconds < 120) return format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  return whole < 7200 ? format("{} min {:02d} s", whole / 60, whole % 60)
                      : format("{} h {:02d} min", whole / 3600, whole / 60 % 60);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double samples_per_second(const RunRecord& record) {
  return record.train_seconds > 0
             ? static_cast<double>(record.trained_samples) / record.train_seconds
             : 0;
}

std::vector<ReportFact> highlights(const FinishedRun& run, std::int64_t parameters) {
  std::vector<ReportFact> facts = {{"parameters", grouped(static_cast<double>(parameters))},
                                   {"epochs", std::to_string(run.history.epochs.size())}};
  if (run.record.trained_samples > 0) {
    facts.push_back({"trained in", time_text(run.record.train_seconds)});
    facts.push_back({"samples a second", grouped(samples_per_second(run.record))});
  }
  return facts;
}

std::vector<ReportFact> speed(const FinishedRun& run) {
  const RunRecord& record = run.record;
  std::vector<ReportFact> facts;
  if (record.trained_samples > 0) {
    const double steps =
        static_cast<double>(record.trained_samples) / static_cast<double>(run.options.batch_size);
    facts.push_back({"training and validation",
                     format("{} for {} samples",
                            time_text(record.train_seconds),
                            grouped(static_cast<double>(record.trained_samples)))});
    facts.push_back({"samples a second, validation included", grouped(samples_per_second(record))});
    facts.push_back({"a step, validation included",
                     format("{:.3f} ms for {} samples",
                            record.train_seconds / steps * 1e3,
                            run.options.batch_size)});
  }
  if (!record.epoch_seconds.empty()) {
    facts.push_back({"an epoch, median", time_text(median(record.epoch_seconds))});
  }
  facts.push_back({"memory of the process at its peak", size_text(record.peak_memory_bytes)});
  facts.push_back({"weights and optimizer's slots", size_text(record.state_bytes)});
  facts.push_back({"threads", std::to_string(record.threads)});
  facts.push_back({"instruction set", record.isa});
  return facts;
}

std::vector<ReportFact> settings(Trainer& trainer, const JobOptions& options) {
  std::vector<ReportFact> facts;
  const Json fields = config_json(trainer, options);
  for (const auto& [name, value] : fields.members()) {
    facts.push_back({name, value.is_string() ? value.as_string() : value.dump()});
  }
  return facts;
}

/// A report about other samples would be wrong without anyone seeing it.
void require_same_data(const JobData& data, const RunRecord& record, bool was_moved) {
  const bool has_same_size =
      data.train_samples() == record.train_samples && data.test_samples() == record.test_samples;
  if (has_same_size && (was_moved || data.parts.train.name == record.data)) return;
  throw NotFound(
      format("report: the job was trained on {} ({} samples, {} to test with), here is "
             "{} ({}, {}); name its folder with --data-dir",
             record.data,
             record.train_samples,
             record.test_samples,
             data.parts.train.name,
             data.train_samples(),
             data.test_samples()));
}

/// Streamed samples are not all at hand for pictures and the confusion matrix.
std::string assessed_note(const FinishedRun& run) {
  const std::int64_t assessed = run.training.data.test.samples();
  if (assessed == run.record.test_samples) return "";
  return format("; confusion matrix and mistakes are of the first {} of them",
                grouped(static_cast<double>(assessed)));
}

}  // namespace

std::string report_of(const FinishedRun& run, Model& model) {
  const Dataset& test = run.training.data.test;
  std::optional<Assessment> assessment;
  if (!test.x.empty()) {
    assessment = assess(model.predict(test, {.batch_size = run.options.batch_size}),
                        test,
                        {.picture_shape = run.training.picture_shape});
  }
  std::int64_t parameters = 0;
  std::vector<LayerSummary> layers = model.network().summarize();
  for (const LayerSummary& layer : layers) {
    parameters += layer.trainable_parameters + layer.other_parameters;
  }
  return report_html(
      {.title = run.trainer.name(),
       .data = format("{}: {} samples to train on, {} to test with{}",
                      run.record.data,
                      grouped(static_cast<double>(run.record.train_samples)),
                      grouped(static_cast<double>(run.record.test_samples)),
                      assessed_note(run)),
       .command = repeat_command(run.trainer, run.options),
       .command_note = format("On the same instruction set ({}) it ends with the same bits, with "
                              "any number of threads.",
                              run.record.isa),
       .history = run.history,
       .test = run.test,
       .assessment = std::move(assessment),
       .class_names = run.training.class_names,
       .layers = std::move(layers),
       .highlights = highlights(run, parameters),
       .speed = speed(run),
       .settings = settings(run.trainer, run.options)});
}

std::string rewrite_report(const std::string& job_dir, const std::string& data_dir) {
  const JobDirectory directory(job_dir);
  for (const std::string& path :
       {directory.config(), directory.model(), directory.history(), directory.record()}) {
    if (exists(path)) continue;
    throw NotFound(
        format("job directory {}: no {}; a report needs a job that has ended: carnyx "
               "train ... --job-dir {}",
               job_dir,
               path,
               job_dir));
  }
  JobConfig config = read_config(directory.config());
  if (!data_dir.empty()) config.options.data_dir = data_dir;
  const RunRecord record = from_json<RunRecord>(
      Json::parse(read_file(directory.record(), kMostRecordBytes), directory.record()),
      directory.record());
  const History history =
      parse_history_csv(read_file(directory.history(), kMostRecordBytes), directory.history());
  config.options.streams = open_job_streams(*config.trainer, config.options);
  const Training training = config.trainer->prepare(config.options);
  const JobData data = job_data(training.data, config.options);
  require_same_data(data, record, !data_dir.empty());
  Model model = load_model(directory.model(), model_options(config.options));
  const Logs test = data.has_test() ? data.evaluate(model, config.options.batch_size) : Logs{};
  const FinishedRun run{.trainer = *config.trainer,
                        .options = config.options,
                        .record = record,
                        .history = history,
                        .test = test,
                        .training = training};
  write_file_atomically(directory.report(), report_of(run, model));
  return directory.report();
}

}  // namespace carnyx
