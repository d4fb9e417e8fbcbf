#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"
#include "carnyx/data/dataset.h"
#include "carnyx/data/table.h"
#include "carnyx/models/network.h"
#include "carnyx/trainers/job_options.h"
#include "carnyx/trainers/option_visitor.h"
#include "carnyx/training/model.h"
#include "carnyx/training/progress.h"

namespace carnyx {

struct JobEnvironment;

/// What a trainer makes of its options: the data, the model, and how it is trained.
struct Training {
  TrainTest data;  ///< shaped as the network reads it; no test part: test.x is empty
  Network network;
  CompileOptions compile;
  bool validates = true;                  ///< on the test part
  std::int64_t validation_freq = 1;       ///< epochs from one validation to the next
  std::int64_t steps_per_epoch = 0;       ///< where the job asks for none; 0: all samples
  std::vector<NamedTensor> weights = {};  ///< to begin with; empty: drawn by the seed
  std::optional<TableMapping> table =
      std::nullopt;  ///< how rows became samples; kept beside the model
  /// How a sample looks to a person, for reports: [height, width] or [height, width, channels].
  /// None: as the data has it, or it is no picture.
  std::optional<Shape> picture_shape = std::nullopt;
  std::vector<std::string> class_names = {};  ///< for reports; empty: their numbers
};

/// How the trained model did on the test part.
struct Evaluation {
  Logs test;
  std::int64_t steps = 0;
  double seconds = 0;
  std::int64_t iterations = 0;  ///< of the model
};

/// What a trainer leaves and says besides what every job does.
struct TrainerOutputs {
  std::string events = {};               ///< TensorBoard's folder; empty: events/ in the job's
  std::vector<std::string> models = {};  ///< the trained model, once more, in these files
  std::vector<CallbackPtr> callbacks = {};
  // What the program that it replaces prints, with --log-style keras2.
  std::vector<std::string> opening = {};  ///< whole lines before all others
  bool says_train_shape = false;          ///< "x_train shape: (60000, 28, 28, 1)"
  bool says_sample_counts = false;        ///< "60000 train samples"
  bool says_summary = true;
  /// The line about the test part; empty: none.
  std::function<std::string(const Evaluation&)> evaluation_line = {};
  bool replaces_progress = false;  ///< the callbacks say all that is said of epochs
  Keras2Form keras2_form = Keras2Form::Samples;
  /// What the program returned, for the job's results; empty: nothing.
  std::function<Json(const History&, const Logs& test)> stats = {};
};

/// A network that does not follow from data, and how it is trained.
struct FixedModel {
  Network network;
  CompileOptions compile;
};

/// A program that trains one model: the only code that knows a network by name. It holds its own
/// options; what every job can be told is in JobOptions.
/// Calls come in this order: visit_options() with what was asked for, complete(), the others.
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// What find it again: its name, or the file that it was made from.
  [[nodiscard]] virtual std::string name() const = 0;
  /// One line for lists and --help.
  [[nodiscard]] virtual std::string description() const = 0;

  /// Its own options: flags, job.yaml and the command that repeats a run follow from them.
  virtual void visit_options(OptionVisitor&) {}
  /// Of an own option.
  [[nodiscard]] virtual FieldHelp describe_option(std::string_view name) const;
  /// Of an option that every job has: the trainer may have more to say, or other names for it.
  [[nodiscard]] virtual FieldHelp describe_job_option(std::string_view name) const;
  /// What a job of it begins with, before its flags.
  [[nodiscard]] virtual JobOptions default_options() const { return {}; }
  /// Gives every job option that was left to the trainer its value. Throws InvalidArgument for
  /// options, of the job or its own, that can't be; reads no data.
  virtual void complete(JobOptions& options) const = 0;

  /// Downloads what is missing, if the program does so by itself or is asked to. That it can't is
  /// said, and an error where there is nothing else to train on. Throws Cancelled.
  virtual void fetch_data(const JobOptions&, const JobEnvironment&) const {}
  /// The model, if it is one whatever the data.
  [[nodiscard]] virtual std::optional<FixedModel> fixed_model(const JobOptions&) const {
    return std::nullopt;
  }
  /// Whether prepare() makes do with the first samples where JobOptions::streams has all of them.
  [[nodiscard]] virtual bool can_stream(const JobOptions&) const { return false; }
  /// Reads the data and makes the model for it.
  [[nodiscard]] virtual Training prepare(const JobOptions& options) const = 0;
  /// The environment outlives what it gives.
  [[nodiscard]] virtual TrainerOutputs outputs(const JobOptions&, const JobEnvironment&) const;
};

/// The built-in one of this name, or one made from a file: Keras's .json, a .keras or .h5 model, or
/// a .yaml recipe. Throws InvalidArgument naming the nearest, or what is wrong with the file.
std::unique_ptr<Trainer> make_trainer(const std::string& name);
/// The built-in ones.
std::vector<std::string_view> trainer_names();
/// The model of make_trainer(name), for what needs no data. Throws InvalidArgument if it has none
/// without.
FixedModel fixed_model_of(const std::string& name);

/// MNIST where it can be found; the synthetic digits, said in a warning, where it can't and
/// nobody asked for a place; those at once with options.synthetic. Fetches it first if asked to.
TrainTest load_digits(const JobOptions& options);
/// The same without the fall-back: throws NotFound if MNIST is not here and synthetic is not asked
/// for. For measuring a model, where other data would be a wrong answer.
TrainTest load_given_digits(const JobOptions& options);

}  // namespace carnyx
