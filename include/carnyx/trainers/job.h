#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carnyx/base/clock.h"
#include "carnyx/base/json.h"
#include "carnyx/base/stop.h"
#include "carnyx/trainers/trainer.h"
#include "carnyx/training/logs.h"

namespace carnyx {

/// The one place that knows where a job keeps what.
class JobDirectory {
 public:
  explicit JobDirectory(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string config() const { return path_ + "/job.yaml"; }
  [[nodiscard]] std::string checkpoints() const { return path_ + "/checkpoints"; }
  [[nodiscard]] std::string model() const { return path_ + "/model.keras"; }
  [[nodiscard]] std::string history() const { return path_ + "/history.csv"; }
  [[nodiscard]] std::string logs() const { return path_ + "/logs"; }
  /// How rows of a table became samples; beside the model, where evaluate and predict look for it.
  [[nodiscard]] std::string table() const { return path_ + "/table.json"; }
  /// How pictures are read, if not as bytes over 255; likewise beside the model.
  [[nodiscard]] std::string pictures() const { return path_ + "/pictures.json"; }
  [[nodiscard]] std::string events() const { return path_ + "/events"; }
  [[nodiscard]] std::string report() const { return path_ + "/report.html"; }
  /// There and locked while a job runs here; of a job that was killed it stays, and means nothing.
  [[nodiscard]] std::string lock() const { return path_ + "/.lock"; }
  /// What the last process that trained was and measured, for the report.
  [[nodiscard]] std::string record() const { return path_ + "/logs/run.json"; }

 private:
  std::string path_;
};

/// What a job runs with, besides its options.
struct JobEnvironment {
  ProgressOutput& output;
  const Clock& clock;
  const StopFlag* stop = nullptr;
};

struct JobResult {
  std::string job_dir;
  std::string model;   ///< path
  std::string report;  ///< path; empty: none was written
  Logs test;           ///< "loss" and the metrics on the test set; empty: there is none
  std::vector<std::string> models = {};  ///< the other files that hold the same model
  Json stats = {};                       ///< what the program it replaces returned; or null
  History history;
  std::int64_t trained_samples = 0;  ///< by this process
  double train_seconds = 0;          ///< wall time of this process in training steps and validation
  std::string dataset;
};

/// The effective plan, as --dry-run prints it: options, files, steps, kernels. Runs nothing.
Json plan_job(Trainer& trainer, JobOptions options);

/// Trains, evaluates and saves; goes on from what the job directory holds.
/// Throws InvalidArgument for a value that no job can run with, before any data is read, and if the
/// directory holds another run and neither resume nor overwrite allows for it; IoError if another
/// job is running there.
JobResult run_job(Trainer& trainer, JobOptions options, const JobEnvironment& environment);

/// Writes the report of a finished job anew, from what its directory holds and the data, and
/// returns its path. `data_dir` replaces the job's if it is not empty. Throws NotFound if the job
/// has not ended yet, CorruptData for files that are not a job's.
std::string rewrite_report(const std::string& job_dir, const std::string& data_dir = "");

}  // namespace carnyx
