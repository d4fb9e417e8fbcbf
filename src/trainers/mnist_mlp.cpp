#include "trainers/mnist_mlp.h"

#include <array>
#include <ctime>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/log.h"
#include "carnyx/base/nearest.h"
#include "carnyx/data/source.h"
#include "carnyx/layers/core.h"
#include "carnyx/trainers/job.h"
#include "carnyx/training/callbacks/model_checkpoint.h"

#include "trainers/check_options.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 2> kModes = {"tf", "spark"};

constexpr std::array<NamedHelp, 11> kMlpHelp = {{
    {"train_file",
     {"mnist.pkl, .pkl.gz, mnist.npz or any other data set; also writes ./model.h5 "
      "and JOB_DIR/model.h5, as on Cloud ML Engine"}},
    {"dropout_one", {"rate of the first dropout, in [0, 1)"}},
    {"dropout_two", {"rate of the second dropout, in [0, 1)"}},
    {"images", {"folder of CSV part files, rows of 784 numbers, to train on; with --labels"}},
    {"labels", {"folder of CSV part files, one-hot rows, one for each of --images"}},
    {"model", {"folder for a model after each epoch, ckpt.EPOCH.keras", "--model-dir"}},
    {"logdir", {"folder for TensorBoard's events (default: events/ in the job's)"}},
    {"mode",
     {"tf: this process reads the data set; spark: it reads the rows of --images and --labels, "
      "which Spark would feed it. Both as TensorFlowOnSpark: batches of 100, a line an epoch",
      "--input-mode"}},
    {"export_dir", {"folder for the trained model, once more, as model.keras"}},
    {"cluster_size", {"processes that train: 1"}},
    {"num_ps", {"parameter servers: 0"}},
}};

std::string python_text(const std::string& text) {
  return text.empty() ? "None" : "'" + text + "'";
}

/// Python's datetime.now().isoformat(): 2017-05-20T12:34:56.000789.
std::string iso_time(Clock::Wall time) {
  const auto since = time.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since - whole).count();
  const std::time_t seconds = whole.count();
  std::tm local = {};
  localtime_r(&seconds, &local);
  return format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}.{:06d}",
                local.tm_year + 1900,
                local.tm_mon + 1,
                local.tm_mday,
                local.tm_hour,
                local.tm_min,
                local.tm_sec,
                micros);
}

/// X/test/NAME for X/train/NAME; empty if there is none.
std::string test_folder(const std::string& train_folder) {
  std::string path = train_folder;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::string part = parent_directory(path);
  if (part != "train" && !part.ends_with("/train")) return {};
  std::string test = parent_directory(part) + "/test" + path.substr(path.rfind('/'));
  return exists(test) ? test : std::string();
}

}  // namespace

FieldHelp MnistMlp::describe_option(std::string_view name) const {
  return help_of(kMlpHelp, name);
}

bool MnistMlp::is_spark_form() const {
  for (const std::string* used :
       {&options_.images, &options_.labels, &options_.model, &options_.logdir, &options_.mode}) {
    if (!used->empty()) return true;
  }
  return false;
}

void MnistMlp::check_cluster() const {
  if (options_.cluster_size != 1) {
    throw InvalidArgument(
        format("--cluster-size {}: one process trains here; leave the flag out or give 1, and "
               "--num-ps 0",
               options_.cluster_size));
  }
  if (options_.num_ps != 0) {
    throw InvalidArgument(format(
        "--num-ps {}: the one process here holds the weights itself; leave the flag out or give 0",
        options_.num_ps));
  }
}

void MnistMlp::check_mode() const {
  const std::string& mode = options_.mode;
  if (!mode.empty() && mode != kModes[0] && mode != kModes[1]) {
    throw InvalidArgument("--mode: " + unknown_name("mode", mode, kModes));
  }
  if (options_.images.empty() != options_.labels.empty()) {
    throw InvalidArgument("--images and --labels belong together: give both or neither");
  }
  if (mode == kModes[1] && options_.images.empty()) {
    throw InvalidArgument(
        "--mode spark: expected the rows to feed; add --images and --labels with the folders that "
        "'carnyx data convert --format csv' writes, or use --mode tf");
  }
}

void MnistMlp::check_places() const {
  require_local("--train-file", options_.train_file);
  require_local("--images", options_.images);
  require_local("--labels", options_.labels);
  require_local("--model", options_.model);
  require_local("--logdir", options_.logdir);
  require_local("--export-dir", options_.export_dir);
}

void MnistMlp::complete(JobOptions& job) const {
  check_cluster();
  check_mode();
  check_places();
  static_cast<void>(network());  // its rates
  if (is_cloud_form()) {
    if (!job.data_dir.empty() && job.data_dir != options_.train_file) {
      throw InvalidArgument(format("--train-file {} and --data-dir {} name two data sets: give one",
                                   options_.train_file,
                                   job.data_dir));
    }
    if (!options_.images.empty()) {
      throw InvalidArgument("--train-file and --images name two data sets: give one");
    }
    job.data_dir = options_.train_file;
  }
  if (job.epochs == 0) job.epochs = 20;
  if (job.batch_size == 0) job.batch_size = is_spark_form() ? 100 : 128;
  if (!job.verbose) job.verbose = is_spark_form() ? 2 : 1;
}

Network MnistMlp::network() const {
  return Network({
      Dense({.units = 512, .activation = Activation::Relu, .input_shape = {{784}}}),
      Dropout({.rate = options_.dropout_one}),
      Dense({.units = 512, .activation = Activation::Relu}),
      Dropout({.rate = options_.dropout_two}),
      Dense({.units = 10, .activation = Activation::Softmax}),
  });
}

CompileOptions MnistMlp::compile_options(const JobOptions& job) const {
  return {.optimizer = RMSprop({.learning_rate = job.learning_rate.value_or(0.001)}),
          .loss = CategoricalCrossentropy({}),
          .metrics = {Accuracy({})}};
}

TrainTest MnistMlp::load_data(const JobOptions& job) const {
  if (options_.images.empty()) return load_digits(job);
  if (options_.mode == kModes[1]) {
    log::info(
        "mode spark on one machine: no Spark is needed; this process is the one worker, and its "
        "part of the rows is all of them",
        {{"images", options_.images}, {"labels", options_.labels}});
  }
  Dataset train = read_csv_pairs(options_.images, options_.labels);
  if (train.classes > 10) {
    throw CorruptData(format("{}: expected 10 classes, found {}", options_.labels, train.classes));
  }
  train.classes = 10;
  const std::string images = test_folder(options_.images);
  const std::string labels = test_folder(options_.labels);
  const bool has_test = job.data_dir.empty() && !images.empty() && !labels.empty();
  return {std::move(train),
          has_test ? read_csv_pairs(images, labels) : load_given_digits(job).test};
}

/// As argparse shows them: by name.
std::string MnistMlp::namespace_line(const JobOptions& job) const {
  const JobDirectory directory(job.job_dir);
  return format(
      "args: Namespace(batch_size={}, cluster_size={}, epochs={}, images={}, labels={}, logdir={}, "
      "mode={}, model={}, num_ps={}, steps_per_epoch={})",
      job.batch_size,
      options_.cluster_size,
      job.epochs,
      python_text(options_.images),
      python_text(options_.labels),
      python_text(options_.logdir.empty() ? directory.events() : options_.logdir),
      python_text(options_.mode.empty() ? std::string(kModes[0]) : options_.mode),
      python_text(options_.model.empty() ? directory.checkpoints() : options_.model),
      options_.num_ps,
      job.steps_per_epoch > 0 ? std::to_string(job.steps_per_epoch) : "None");
}

TrainerOutputs MnistMlp::outputs(const JobOptions& job, const JobEnvironment& environment) const {
  TrainerOutputs outputs{.says_sample_counts = true, .keras2_form = Keras2Form::OldTimes};
  if (is_spark_form()) outputs.opening.push_back(namespace_line(job));
  if (!options_.model.empty()) {
    outputs.callbacks.push_back(std::make_shared<ModelCheckpoint>(
        ModelCheckpointOptions{.filepath = options_.model + "/ckpt.{epoch:02d}.keras"}));
  }
  if (is_cloud_form()) {
    outputs.models = {"model.h5", job.job_dir + "/model.h5"};
    outputs.events = JobDirectory(job.job_dir).logs() + "/" + iso_time(environment.clock.now());
  }
  if (!options_.logdir.empty()) outputs.events = options_.logdir;
  if (!options_.export_dir.empty()) outputs.models.push_back(options_.export_dir + "/model.keras");
  if (is_cloud_form() && job.tensorboard) {
    outputs.opening.push_back("Using logs_path located at " + outputs.events);
  }
  return outputs;
}

}  // namespace carnyx
