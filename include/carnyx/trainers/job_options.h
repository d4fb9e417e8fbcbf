#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "carnyx/data/sample_stream.h"
#include "carnyx/trainers/option_visitor.h"
#include "carnyx/training/model.h"
#include "carnyx/training/progress.h"

namespace carnyx {

/// What a job does with a run that its job directory already holds.
enum class ResumePolicy { Auto, Never };
std::string_view name_of(ResumePolicy policy);  ///< "auto", "never"
void from_name(std::string_view name, ResumePolicy& policy);

/// What every training job can be told. One list of fields serves flags, job.yaml and --help.
struct JobOptions {
  std::string job_dir;   ///< empty: runs/TRAINER
  std::string data_dir;  ///< a folder or a file; empty: the places that datasets::mnist() searches
  bool synthetic = false;
  bool fetch = false;
  bool stream = false;              ///< leave the data on disk, even if memory has room for it
  std::int64_t shuffle_buffer = 0;  ///< samples; 0: as many as memory_limit holds
  std::int64_t memory_limit = 0;    ///< MB, for streamed data; 0: 256
  std::int64_t epochs = 0;          ///< 0: the trainer's
  std::int64_t batch_size = 0;      ///< 0: the trainer's
  std::optional<double> learning_rate;
  std::int64_t steps_per_epoch = 0;
  std::int64_t seed = 1;
  PrecisionPolicy precision = PrecisionPolicy::Float32;
  MatmulPrecision float32_matmul_precision = MatmulPrecision::Highest;
  std::string backend = "cpu";
  std::string isa = "auto";
  int threads = 0;
  bool fuse_updates = true;
  std::int64_t checkpoint_every_steps = 0;
  std::int64_t keep_checkpoints = 2;
  ResumePolicy resume = ResumePolicy::Auto;
  bool overwrite = false;
  bool tensorboard = true;
  std::int64_t histogram_freq = 0;
  bool report = true;
  LogStyle log_style = LogStyle::Keras3;
  std::optional<std::int64_t> verbose;  ///< null: the trainer's

  /// Not an option: the data, where the job has opened it to be streamed. What loads data then
  /// gives the first samples of each part, for a network to be made by.
  std::shared_ptr<const StreamedData> streams = nullptr;
};

template <class V>
void visit_fields(V& visit, JobOptions& o) {
  visit("job_dir", o.job_dir);
  visit("data_dir", o.data_dir);
  visit("synthetic", o.synthetic);
  visit("fetch", o.fetch);
  visit("stream", o.stream);
  visit("shuffle_buffer", o.shuffle_buffer);
  visit("memory_limit", o.memory_limit);
  visit("epochs", o.epochs);
  visit("batch_size", o.batch_size);
  visit("learning_rate", o.learning_rate);
  visit("steps_per_epoch", o.steps_per_epoch);
  visit("seed", o.seed);
  visit("precision", o.precision);
  visit("float32_matmul_precision", o.float32_matmul_precision);
  visit("backend", o.backend);
  visit("isa", o.isa);
  visit("threads", o.threads);
  visit("fuse_updates", o.fuse_updates);
  visit("checkpoint_every_steps", o.checkpoint_every_steps);
  visit("keep_checkpoints", o.keep_checkpoints);
  visit("resume", o.resume);
  visit("overwrite", o.overwrite);
  visit("tensorboard", o.tensorboard);
  visit("histogram_freq", o.histogram_freq);
  visit("report", o.report);
  visit("log_style", o.log_style);
  visit("verbose", o.verbose);
}

/// What a field of this name does, for --help. Throws InternalError for a name that is no field.
FieldHelp describe_field(std::string_view name);

/// The engine's options that a job asks for. Throws InvalidArgument for an unknown backend.
ModelOptions model_options(const JobOptions& options);

}  // namespace carnyx
