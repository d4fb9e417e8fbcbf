#include "trainers/model_trainer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/saving/model_file.h"

#include "trainers/recipe.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 5> kEndings = {".json", ".keras", ".h5", ".yaml", ".yml"};

/// Errors of the model itself do not know the file that it comes from.
Network read_network(const std::string& path, const Json& json) {
  try {
    return Network::from_json(json);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(path + ": " + error.what());
  }
}

ModelSource read_source(const std::string& path) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;
  if (path.ends_with(".yaml") || path.ends_with(".yml")) return read_recipe(path);
  if (path.ends_with(".json")) {
    return {.network = read_network(path, Json::parse(read_file(path, kMostBytes), path))};
  }
  SavedModel saved = read_model(path);
  return {.network = std::move(saved.network),
          .compile_config = std::move(saved.compile_config),
          .weights = std::move(saved.weights)};
}

std::string stem_of(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.substr(0, file.rfind('.'));
}

Network fed_with(const Network& network, const Dataset& data) {
  return network.has_input_shape() ? network : network.with_input_shape(data.sample_shape());
}

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 12); ++i) {
    list += (i == 0 ? "" : ", ") + names[i];
  }
  return list + (names.size() > 12 ? ", ..." : "");
}

void require_elements(const Network& network, const GivenData& given) {
  const Shape& wanted = network.input_shape();
  const Dataset& train = given.parts.train;
  if (wanted.elements() == train.sample_shape().elements()) return;
  const std::string columns =
      given.table ? ": " + list_of(given.table->feature_names()) : std::string();
  throw InvalidArgument(
      format("model '{}': it reads samples of {}, {} has samples of {}{}; name "
             "other data, or change the input's shape",
             network.name(),
             wanted.to_string(),
             train.name,
             train.sample_shape().to_string(),
             columns));
}

void require_classes(const Network& network, const Dataset& train) {
  const std::int64_t units = output_units(network);
  if (train.classes == 0 || train.classes <= units || (units == 1 && train.classes == 2)) return;
  throw InvalidArgument(format(
      "model '{}': {} has {} classes, its output only {} units; give the last layer a unit a "
      "class",
      network.name(),
      train.name,
      train.classes,
      units));
}

/// Data sets that flags name have one input and one target.
void require_one_of_each(const Network& network) {
  const std::size_t inputs = network.inputs().size();
  const std::size_t outputs = network.outputs().size();
  if (inputs == 1 && outputs == 1) return;
  throw InvalidArgument(
      format("model '{}': it has {} inputs and {} outputs, and carnyx train has data for one of "
             "each; in C++, Dataset::inputs and targets feed it",
             network.name(),
             inputs,
             outputs));
}

}  // namespace

Training training_on(GivenData given, const Network& network) {
  Network fed = fed_with(network, given.parts.train);
  require_elements(fed, given);
  require_classes(fed, given.parts.train);
  const Shape sample = fed.input_shape();
  TrainTest parts{.train = given.parts.train.with_sample_shape(sample), .test = {}};
  if (!given.parts.test.x.empty()) parts.test = given.parts.test.with_sample_shape(sample);
  return {.data = std::move(parts),
          .network = std::move(fed),
          .compile = {},
          .table = std::move(given.table),
          .class_names = std::move(given.class_names)};
}

ModelTrainer::ModelTrainer(std::string path)
    : path_(std::move(path)), source_(read_source(path_)), data_(source_.data) {}

bool ModelTrainer::is_model_file(std::string_view path) {
  return std::ranges::any_of(kEndings,
                             [&](std::string_view ending) { return path.ends_with(ending); });
}

void ModelTrainer::visit_options(OptionVisitor& visit) {
  visit_fields(visit, data_);
  visit_fields(visit, compile_);
}

FieldHelp ModelTrainer::describe_option(std::string_view name) const {
  if (const auto help = describe_data_option(name)) return *help;
  return describe_compile_flag(name).value();
}

void ModelTrainer::complete(JobOptions& job) const {
  check_data_options(job, data_);
  if (job.job_dir.empty()) job.job_dir = "runs/" + stem_of(path_);
  if (job.epochs == 0) job.epochs = 10;
  if (job.batch_size == 0) job.batch_size = 32;
}

std::optional<FixedModel> ModelTrainer::fixed_model(const JobOptions& job) const {
  if (!source_.network.has_input_shape()) return std::nullopt;
  if (source_.network.outputs().size() > 1) return FixedModel{source_.network, {}};
  const CompileChoice choice(compile_, source_.compile_config);
  return FixedModel{source_.network, choice.resolve(source_.network, job.learning_rate)};
}

/// What holds samples back, or measures on others, has them in memory.
bool ModelTrainer::can_stream(const JobOptions& job) const {
  return !job.synthetic && !is_rows(job, data_) && data_.validation.empty() &&
         data_.validation_split == 0;
}

Training ModelTrainer::prepare(const JobOptions& job) const {
  require_one_of_each(source_.network);
  const CompileChoice choice(compile_, source_.compile_config);
  const Network& network = source_.network;
  const bool is_regression = is_rows(job, data_) && choice.is_regression(network);
  Training training = training_on(load_given_data(job, data_, is_regression), network);
  training.compile = choice.resolve(training.network, job.learning_rate);
  training.weights = source_.weights;
  return training;
}

}  // namespace carnyx
