#include "trainers/table_mlp.h"

#include <algorithm>
#include <array>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/rescaling.h"
#include "carnyx/training/callbacks/early_stopping.h"

#include "trainers/model_trainer.h"

namespace carnyx {
namespace {

constexpr std::array<NamedHelp, 4> kTableHelp = {{
    {"hidden", {"units of the hidden layers: 64,64"}},
    {"activation", {"of the hidden layers, by Keras's name"}},
    {"dropout", {"rate after each hidden layer, in [0, 1)"}},
    {"patience",
     {"end after so many epochs without a better loss on what was held back, with the weights of "
      "the best one; 0: never"}},
}};

}  // namespace

void TableMlp::visit_options(OptionVisitor& visit) {
  visit_fields(visit, options_);
  visit_fields(visit, data_);
  visit_fields(visit, compile_);
}

FieldHelp TableMlp::describe_option(std::string_view name) const {
  if (const auto help = describe_data_option(name)) return *help;
  if (const auto help = describe_compile_flag(name)) return *help;
  return help_of(kTableHelp, name);
}

void TableMlp::complete(JobOptions& job) const {
  check_data_options(job, data_);
  if (job.epochs == 0) job.epochs = 100;
  if (job.batch_size == 0) job.batch_size = 32;
  Activation activation = Activation::Linear;
  from_name(options_.activation, activation);
  static_cast<void>(Dropout({.rate = options_.dropout}));
  if (options_.patience < 0) {
    throw InvalidArgument(
        format("--patience: expected 0 (never) or more epochs, got {}", options_.patience));
  }
  for (const std::int64_t units : options_.hidden) {
    if (units < 1)
      throw InvalidArgument(format("--hidden: expected units of 1 or more, got {}", units));
  }
}

Network TableMlp::network_for(const GivenData& given) const {
  Activation activation = Activation::Linear;
  from_name(options_.activation, activation);
  const Dataset& train = given.parts.train;
  std::vector<AnyLayer> layers = {Input({.shape = train.sample_shape().axes()})};
  if (train.sample_shape().rank() > 1) layers.emplace_back(Flatten({}));
  for (const std::int64_t units : options_.hidden) {
    layers.emplace_back(Dense({.units = units, .activation = activation}));
    if (options_.dropout > 0) layers.emplace_back(Dropout({.rate = options_.dropout}));
  }
  if (is_regression_) {
    // The layers before see targets of mean 0 and deviation 1; who reads the model sees the
    // table's.
    const TableColumn& label = given.table->label;
    layers.emplace_back(Dense({.units = 1}));
    layers.emplace_back(Rescaling({.scale = label.deviation, .offset = label.mean}));
  } else {
    layers.emplace_back(Dense({.units = train.classes, .activation = Activation::Softmax}));
  }
  return Network(std::move(layers));
}

TrainerOutputs TableMlp::outputs(const JobOptions&, const JobEnvironment&) const {
  TrainerOutputs outputs;
  const bool measures = data_.validation_split > 0 || !data_.validation.empty();
  if (options_.patience > 0 && measures) {
    outputs.callbacks.push_back(std::make_shared<EarlyStopping>(EarlyStoppingOptions{
        .monitor = "val_loss", .patience = options_.patience, .restore_best_weights = true}));
  }
  return outputs;
}

Training TableMlp::prepare(const JobOptions& job) const {
  DataOptions data = data_;
  data.standardize = data.standardize && is_rows(job, data_);  // samples have a scale of their own
  GivenData given = load_given_data(job, data, is_regression_);
  if (!is_regression_ && given.parts.train.classes < 2) {
    throw InvalidArgument(format("{}: expected two classes or more to tell apart, found {}",
                                 given.parts.train.name,
                                 given.parts.train.classes));
  }
  if (is_regression_ && !given.table) {
    throw InvalidArgument(
        format("{}: regress reads a table with a column of numbers, and this is a set of labelled "
               "samples; use classify, or a model of your own with --loss",
               given.parts.train.name));
  }
  const Network network = network_for(given);
  Training training = training_on(std::move(given), network);
  training.compile = CompileChoice(compile_, {}).resolve(training.network, job.learning_rate);
  return training;
}

}  // namespace carnyx
